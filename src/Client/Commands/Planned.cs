using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Ranks;

namespace ShardInit.Client.Commands;

/// <summary>What <c>plan</c> and <c>init</c> share: from options to a plan.</summary>
internal static class Planned
{
    public static readonly Positional Model = new("MODEL", "a config.json or its directory, .safetensors headers, an index.json, a tensor table, or a built-in name");

    /// <summary>Everything that decides what is written.</summary>
    public static readonly IReadOnlyList<Flag> Inputs =
    [
        Flags.Seed, Flags.Namespace, Flags.Recipe, Flags.Set, Flags.DType, Flags.ShardSize, Flags.TileSize, Flags.Digest, Flags.Metadata, Flags.StorageFormat, Flags.LayoutOf, Flags.Part, Flags.PredictionLayers, Flags.Plugin,
    ];

    /// <summary>What only decides how it is computed.</summary>
    public static readonly IReadOnlyList<Flag> Running = [Flags.Threads, Flags.Lanes, Flags.Device, Flags.Engine, Flags.Rank, Flags.World, Flags.Metrics];

    public static Plan Create(Invocation given, PluginSet plugins)
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach ((string key, string value) in given.GetAll(Flags.Metadata))
        {
            if (!metadata.TryAdd(key, value)) throw new UsageException($"{Flags.Metadata.Name}: expected each key once, found '{key}' again");
        }
        Plan plan = Planner.Create(new PlanRequest
        {
            Model = given.Word(Model),
            Recipe = given.Get(Flags.Recipe),
            Settings = Settings(given),
            Options = new ModelOptions { LayoutOf = given.Get(Flags.LayoutOf), Part = given.Get(Flags.Part), PredictionLayers = given.Has(Flags.PredictionLayers) },
            Seed = given.Get(Flags.Seed),
            Namespace = given.Get(Flags.Namespace),
            DType = given.Get(Flags.DType),
            ShardBytes = given.Get(Flags.ShardSize),
            TileBytes = given.Get(Flags.TileSize),
            DigestKind = given.Get(Flags.Digest),
            UserMetadata = metadata,
            Plugins = plugins,
        });
        foreach (string warning in plan.Warnings) given.Terminal.Say($"warning: {warning}");
        return plan;
    }

    /// <summary>The assemblies that were named.</summary>
    public static PluginSet Plugins(Invocation given) => new([.. given.GetAll(Flags.Plugin).Select(file => PluginAssembly.Load(file!))]);

    public static ValueOptions Values(Invocation given, RankIdentity? rank, PluginSet plugins, CancellationToken cancel) =>
        new() { Lanes = given.Get(Flags.Lanes), Threads = Threads(given, rank), Cancel = cancel, Plugins = plugins };

    private static List<KeyValuePair<string, string>> Settings(Invocation given)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach ((string name, _) in given.GetAll(Flags.Set)) if (!names.Add(name)) throw new UsageException($"{Flags.Set.Name}: expected each name once, found '{name}' again");
        return [.. given.GetAll(Flags.Set)];
    }

    public static int Threads(Invocation given) => Threads(given, null);

    /// <summary>What was asked for; else all cores, of which a rank takes its share.</summary>
    public static int Threads(Invocation given, RankIdentity? identity)
    {
        if (given.Has(Flags.Threads)) return given.Get(Flags.Threads);
        return identity is null ? Environment.ProcessorCount : ThreadShare.OfThisMachine(identity);
    }

    public static void Say(Terminal terminal, Plan plan)
    {
        foreach (string line in PlanReport.Lines(plan)) terminal.Say(line);
    }
}
