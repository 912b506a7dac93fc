using System.Globalization;
using System.Text;
using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Ranks;

namespace ShardInit.Client.CommandLine;

/// <summary>Every option of the command line. Ranges and defaults stand here and nowhere else.</summary>
public static class Flags
{
    /// <summary>Environment variable in place of <see cref="Cluster"/>.</summary>
    public const string ClusterVariable = "SHARDINIT_CLUSTER";

    public const int MaxThreads = 1024;
    public const int MaxNamespaceBytes = 1024;
    public const long MinTileBytes = 4L << 10;
    public const long MaxTileBytes = 1L << 30;

    public static readonly Flag<ulong> Seed = new("--seed", "N", "0", "an integer from 0 to 18446744073709551615",
        "Seed of all values; printed unless --quiet is given, and kept in plan.json.", "42", 0, TryUInt64);

    public static readonly Flag<string> Namespace = new("--namespace", "S", "empty", $"up to {MaxNamespaceBytes} bytes of UTF-8",
        "Separates models that share tensor names and a seed, for instance teacher and student.", "teacher", "", TryNamespace);

    public static readonly Flag<string?> Recipe = new("--recipe", "NAME|FILE", "hf for a config", "the name of a built-in recipe or a YAML file",
        "Rules that give each tensor its distribution; see 'shardinit recipes'.", "gpt2", null, TryText);

    public static readonly Flag<KeyValuePair<string, string>> Set = new("--set", "NAME=VALUE", "none", "NAME=VALUE with a name that is not empty",
        "Changes the recipe: a number (std=0.01), an argument or the seed of a rule (residual.std=0.005), a field of the base model (base.hidden_size=256); may be repeated.", "std=0.01", default, TryPair)
    { Repeated = true };

    public static readonly Flag<DType?> DType = new("--dtype", "TYPE", "what the model says, else f32", "bf16, f16, f32, f64, f8_e4m3 or f8_e5m2",
        "Element type of floating tensors; only rounds the same float32 values.", "bf16", null, TryDType);

    public static readonly Flag<long> ShardSize = new("--shard-size", "SIZE", "1GiB", "a size from 4KiB on, a whole number of bytes, such as 1GiB, 1.5GB or 4096",
        "Most value bytes in one shard file.", "4GiB", 1L << 30, (string text, out long value) => TrySize(text, MinTileBytes, long.MaxValue, out value));

    public static readonly Flag<long> TileSize = new("--tile-size", "SIZE", "64MiB", "a size from 4KiB to 1GiB, a whole number of bytes, such as 64MiB, 16MB or 4096",
        "Most value bytes in one tile: the unit of digests and of parallel work.", "16MiB", 64L << 20, (string text, out long value) => TrySize(text, MinTileBytes, MaxTileBytes, out value));

    public static readonly Flag<string> Digest = Choice("--digest", "KIND", "Digest of each tile and file.", "crc32", ["crc32", "sha256"], []);

    public static readonly Flag<KeyValuePair<string, string>> Metadata = new("--metadata", "KEY=VALUE", "none", "KEY=VALUE with a key that is not empty",
        "Your own pair, kept in plan.json; may be repeated; never changes a value or an id.", "run=ablation-7", default, TryPair)
    { Repeated = true };

    public static readonly Flag<string> StorageFormat = Choice("--format", "FORMAT", "Storage format.", "arrow", ["arrow"], ["safetensors"]);

    public static readonly Flag<string> LayoutOf = Choice("--layout-of", "NAME", "Whose tensor names and packing to store: hf as save_pretrained writes, hf-fused as transformers v5 holds in memory; never changes a value.",
        "hf", ["hf", "hf-fused"], ["torchtitan", "megatron"]);

    public static readonly Flag<string?> Part = new("--part", "NAME", "the whole model", "text", "Which model of a configuration that wraps several: its language model, under the names that the wrapper's files have.",
        "text", null, (string text, out string? value) => (value = text) == "text");

    public static readonly Switch PredictionLayers = new("--mtp", "Also the multi-token-prediction layers that a deepseek_v3 configuration publishes, which transformers leaves out.");

    public static readonly Flag<string?> Index = new("--index", "I", "", "a row-major number in the stored tensor, or one number per axis with commas", "The element to explain.", "3,17", null, TryText) { Required = true };

    public static readonly Flag<string> Engine = Choice("--engine", "NAME", "What runs the plan: auto is one of several ranks where --rank or a launcher says so, else this process alone; local is always this process alone.", "auto", ["auto", "local"], []);

    public static readonly Flag<int?> Rank = new("--rank", "N", "what the launcher says", $"an integer from 0 to {RankIdentity.MaxWorld - 1}, below --world",
        "Which of several processes that write one directory this is; only orders the work, never changes a byte.", "3", null, (string text, out int? value) => TryInt32(text, 0, RankIdentity.MaxWorld - 1, out value));

    public static readonly Flag<int?> World = new("--world", "N", "what the launcher says", $"an integer from 1 to {RankIdentity.MaxWorld}",
        "How many processes write one directory; only orders the work, never changes a byte.", "16", null, (string text, out int? value) => TryInt32(text, 1, RankIdentity.MaxWorld, out value));

    public static readonly Switch OwnShareOnly = new("--own-share-only", "Exit 0 after the own share, without helping or sealing.");

    public static readonly Flag<string> Device = Choice("--device", "NAME", "Where values are computed; never changes one.", "auto", ["auto", "cpu"], ["cuda"]);

    public static readonly Flag<int> Threads = new("--threads", "N", "all cores, or the rank's share of them", $"an integer from 1 to {MaxThreads}",
        "Working threads; never changes a byte.", "8", 0, (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= MaxThreads);

    public static readonly Flag<LaneChoice> Lanes = new("--lanes", "WIDTH", "auto", "auto, 1, 128, 256 or 512",
        "Vector width of the kernels in bits; never changes a value.", "256", LaneChoice.Auto, TryLanes);

    public static readonly Flag<string?> Plugin = new("--plugin", "FILE", "none", "a .NET assembly with initializers of your own",
        "Initializers of your own, for rules that say 'init: plugin.NAME'; may be repeated; its SHA-256 is part of the ids.", "bin/Stripes.dll", null, TryText) { Repeated = true };

    public static readonly Flag<string?> Out = new("--out", "DIR", "", "a directory to write to", "Directory of the checkpoint.", "/data/init", null, TryText) { Required = true };

    public static readonly Flag<string?> Metrics = new("--metrics", "FILE", "none", "a file to write to, in a folder that exists; {rank} in its name stands for the rank",
        "Progress for the textfile collector of Prometheus: replaced every ten seconds and at the end.", "/var/lib/node_exporter/shardinit-{rank}.prom", null, TryText);

    public static readonly Flag<string?> OutFile = new("--out", "FILE|-", "", "a file to write to, or - for standard output", "Where the values go.", "w.npy", null, TryText) { Required = true };

    public static readonly Flag<string?> Tensor = new("--tensor", "NAME", "", "the name of a stored tensor", "Which tensor.", "model.norm.weight", null, TryText) { Required = true };

    public static readonly Flag<string?> OneTensor = new("--tensor", "NAME", "all", "the name of a stored tensor", "Show this tensor only, with its tiles and rule.", "model.norm.weight", null, TryText);

    public static readonly Flag<string?> Slice = new("--slice", "S", "the whole tensor", "one item per axis with commas: a:b, a:, :b, : or an integer",
        "Which part, half-open; missing trailing axes are whole; an integer keeps its axis with size 1.", "0:128,:", null, TryText);

    public static readonly Flag<string> ValueFormat = Choice("--format", "FORMAT", "File format; raw is the little-endian row-major bytes and nothing else; npy widens BF16 and F8 to float32.",
        "npy", ["npy", "raw", "safetensors"], []);

    public static readonly Flag<string?> Output = new("--out", "ROOT/PATH", "", "the name of a root of the silos, and a path below it", "Where the cluster writes the checkpoint.", "data/init", null, TryText) { Required = true };

    public static readonly Flag<string?> Cluster = new("--cluster", "FILE", $"what {ClusterVariable} says, else a silo at 127.0.0.1:30000", "a JSON file (docs/cluster.md)",
        "How to reach the cluster.", "cluster.json", null, TryText);

    public static readonly Flag<int?> Priority = new("--priority", "N", "0", "an integer from -1000 to 1000", "Among the jobs of the same tenant: higher ones go first.", "10", null,
        (string text, out int? value) => TrySigned(text, 1000, out value));

    public static readonly Flag<string?> Settings = new("--settings", "FILE", "none", "a JSON file (docs/cluster.md)", "Settings of the silo; SHARDINIT_SILO__... variables and options go before it.", "silo.json", null, TryText);

    public static readonly Flag<KeyValuePair<string, string>> Root = new("--root", "NAME=DIR", "what the settings say", "NAME=DIR with a name that is not empty",
        "A directory under which jobs may write, and its name for clients; may be repeated.", "data=/data", default, TryPair)
    { Repeated = true };

    public static readonly Flag<int> SiloThreads = new("--threads", "N", "what the settings say, else all cores but one", $"an integer from 1 to {MaxThreads}",
        "Working threads of the silo; never changes a byte.", "8", 0, (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= MaxThreads);

    public static readonly Switch Watch = new("--watch", "Stay until the job has ended, showing how far it is.");
    public static readonly Switch Insecure = new("--insecure", "Without TLS also off this machine: anybody on the way can read and change what is sent.");
    public static readonly Switch Tensors = new("--tensors", "One line per stored tensor, in name order, with every number resolved.");
    public static readonly Switch Values = new("--values", "Also regenerate every value and compare.");
    public static readonly Switch Repair = new("--repair", "Regenerate what is damaged or missing, bit for bit.");
    public static readonly Switch Json = new("--json", "Data as JSON on standard output.");
    public static readonly Switch Quiet = new("--quiet", "No progress and no summary; errors still show.");

    /// <summary>Options that the design names and that do not work yet; the value says whether one follows.</summary>
    public static readonly IReadOnlyDictionary<string, bool> NotBuilt = new Dictionary<string, bool>(StringComparer.Ordinal)
    {
        ["--virtual"] = false,
        ["--layout"] = true,
        ["--slices"] = false,
        ["--family"] = true,
        ["--names"] = true,
    };

    /// <summary>Commands that the design names and that do not work yet.</summary>
    public static readonly IReadOnlyList<string> CommandsNotBuilt = ["export"];

    private static Flag<string> Choice(string name, string valueName, string help, string fallback, string[] known, string[] notBuilt)
    {
        string range = known.Length == 1 ? known[0] : $"{string.Join(", ", known[..^1])} or {known[^1]}";
        return new Flag<string>(name, valueName, fallback, range, help, known[^1], fallback, (string text, out string value) => known.Contains(value = text, StringComparer.Ordinal))
        {
            NotBuilt = notBuilt,
        };
    }

    private static bool TryText(string text, out string? value) => (value = text).Length > 0 && !text.Contains('\0');

    // U+FFFD stands where the bytes that were typed are no UTF-8: two such texts would look the same.
    private static bool TryNamespace(string text, out string value) => Encoding.UTF8.GetByteCount(value = text) <= MaxNamespaceBytes && !text.Contains('\uFFFD');

    private static bool TryUInt64(string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryInt32(string text, int least, int most, out int? value)
    {
        value = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number : null;
        return value is not null;
    }

    private static bool TrySigned(string text, int most, out int? value)
    {
        value = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && Math.Abs((long)number) <= most ? number : null;
        return value is not null;
    }

    private static bool TrySize(string text, long least, long most, out long value) => Sizes.TryParse(text, out value) && value >= least && value <= most;

    private static bool TryDType(string text, out DType? value)
    {
        value = text switch
        {
            "bf16" => Model.DType.BF16,
            "f16" => Model.DType.F16,
            "f32" => Model.DType.F32,
            "f64" => Model.DType.F64,
            "f8_e4m3" => Model.DType.F8_E4M3,
            "f8_e5m2" => Model.DType.F8_E5M2,
            _ => null,
        };
        return value is not null;
    }

    private static bool TryLanes(string text, out LaneChoice value)
    {
        value = text switch { "1" => LaneChoice.Scalar, "128" => LaneChoice.Bits128, "256" => LaneChoice.Bits256, "512" => LaneChoice.Bits512, _ => LaneChoice.Auto };
        return value != LaneChoice.Auto || text == "auto";
    }

    private static bool TryPair(string text, out KeyValuePair<string, string> value)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        value = equals > 0 ? new(text[..equals], text[(equals + 1)..]) : default;
        return equals > 0 && !text.Contains('\uFFFD');
    }
}
