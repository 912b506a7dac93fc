using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Every initializer that rules may name.</summary>
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
    ];

    private static readonly Dictionary<string, Initializer> s_byName = All.ToDictionary(initializer => initializer.Name, StringComparer.Ordinal);

    /// <summary>For messages.</summary>
    public static string Names => string.Join(", ", All.Select(initializer => initializer.Name));

    public static Initializer? Find(string name) => s_byName.GetValueOrDefault(name);
}
