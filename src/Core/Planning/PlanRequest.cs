using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>What a user asks for: the options of the command line that a plan depends on.</summary>
public sealed record PlanRequest
{
    public const long DefaultShardBytes = 1L << 30;
    public const long DefaultTileBytes = 64L << 20;

    /// <summary>Path of a file or directory, or a built-in name; an existing path wins.</summary>
    public required string Model { get; init; }
    /// <summary><c>NAME</c>, <c>NAME@VERSION</c> or the path of a file; null: <c>hf</c> for a configuration, an error otherwise.</summary>
    public string? Recipe { get; init; }
    /// <summary>Which tensors of the model, and in whose names and packing.</summary>
    public ModelOptions Options { get; init; } = new();
    /// <summary>Changes of the recipe, <c>NAME</c> and <c>VALUE</c> of each <c>--set</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];
    public ulong Seed { get; init; }
    public string Namespace { get; init; } = "";
    /// <summary>Element type of all floating tensors that do not insist on their own.</summary>
    public DType? DType { get; init; }
    /// <summary>Value bytes per file at most, from 4 KiB.</summary>
    public long ShardBytes { get; init; } = DefaultShardBytes;
    /// <summary>Value bytes per tile at most, from 4 KiB; lowered to <see cref="ShardBytes"/> and 1 GiB.</summary>
    public long TileBytes { get; init; } = DefaultTileBytes;
    /// <summary><c>crc32</c> or <c>sha256</c>.</summary>
    public string DigestKind { get; init; } = "crc32";
    /// <summary>Assemblies of the user whose initializers the recipe may name.</summary>
    public PluginSet Plugins { get; init; } = PluginSet.None;
    public IReadOnlyDictionary<string, string> UserMetadata { get; init; } = new Dictionary<string, string>();
}
