using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Every initializer that rules may name. docs/initializers.md lists them; a test compares.</summary>
public static class Catalogue
{
    public static ImmutableArray<Initializer> All { get; } =
    [
        ConstantInitializers.Constant,
        ConstantInitializers.Zeros,
        ConstantInitializers.Ones,
        UniformInitializer.Uniform,
        NormalInitializer.Normal,
        TruncatedNormalInitializer.TruncatedNormal,
        .. OwnScaled.All,
        .. OwnMatrices.All,
        .. OwnTables.All,
        .. OwnRows.All,
        .. FormulaInitializers.All,
        .. TorchInitializers.All,
        .. TimmInitializers.All,
        .. JaxInitializers.All,
        .. KerasInitializers.All,
    ];

    private static readonly Dictionary<string, Initializer> s_byName = All.ToDictionary(initializer => initializer.Name, StringComparer.Ordinal);

    /// <summary>The own names, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(initializer => initializer.Name).Where(name => !name.Contains('.'))) + ", torch.*, timm.*, jax.*, keras.*";

    public static Initializer? Find(string name) => s_byName.GetValueOrDefault(name);
}
