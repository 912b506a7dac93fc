using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>The plug-ins of one run, by the names that rules use and by what stands in plans.</summary>
public sealed class PluginSet
{
    /// <summary>What rules write before the name of an initializer.</summary>
    public const string Prefix = "plugin.";

    private readonly ImmutableArray<PluginAssembly> _assemblies;
    private readonly Dictionary<string, Initializer> _byName = new(StringComparer.Ordinal);

    /// <exception cref="PlanException">Two initializers have one name.</exception>
    public PluginSet(params ImmutableArray<PluginAssembly> assemblies)
    {
        _assemblies = [.. assemblies.DistinctBy(assembly => assembly.Sha256)];
        foreach (PluginAssembly assembly in _assemblies)
        {
            foreach (IInitializer initializer in assembly.Initializers)
            {
                if (!_byName.TryAdd(Prefix + initializer.Name, Of(assembly, initializer))) throw new PlanException($"--plugin: {assembly.Path}: a second initializer of the name {Problems.Quote(initializer.Name)}");
            }
        }
    }

    public static PluginSet None { get; } = new();

    /// <summary>What rules may say for <c>init</c>.</summary>
    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <summary>An initializer by the name that rules use.</summary>
    public Initializer? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The code of a plan's distribution.</summary>
    /// <exception cref="PlanException">It was not given, or in another build.</exception>
    public IInitializer Find(Plugin plugin, string tensor)
    {
        IInitializer? Of(PluginAssembly assembly) => assembly.Initializers.FirstOrDefault(initializer => initializer.GetType().FullName == plugin.Type);
        foreach (PluginAssembly assembly in _assemblies) if (assembly.Sha256 == plugin.Assembly && Of(assembly) is IInitializer found) return found;
        PluginAssembly? other = _assemblies.FirstOrDefault(assembly => Of(assembly) is not null);
        throw new PlanException($"tensor {Problems.Quote(tensor)}: its values come from the plug-in {plugin.Type} of the assembly with SHA-256 {plugin.Assembly}; "
            + (other is null ? "give that file with --plugin" : $"{other.Path} has that type, but its SHA-256 is {other.Sha256}: another build may give other values"));
    }

    private static Initializer Of(PluginAssembly assembly, IInitializer initializer) => new(Prefix + initializer.Name, initializer.Summary, initializer.Parameters, (arguments, facts) =>
    {
        KeyValuePair<string, double>[] numbers;
        try
        {
            numbers = [.. initializer.Resolve(arguments, facts).OrderBy(number => number.Key, TensorNames.Order)];
        }
        catch (Exception error) when (error is not (RefusalException or OutOfMemoryException))
        {
            throw new RefusalException($"the plug-in failed: {error.GetType().Name}: {error.Message}");
        }
        return new Plugin(assembly.Sha256, initializer.GetType().FullName!, [.. numbers.Select(number => number.Key)], [.. numbers.Select(number => number.Value)]);
    });
}
