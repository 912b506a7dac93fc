using System.Collections.Immutable;
using System.Text;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>One shard file in the manifest.</summary>
/// <param name="Digest">Digest of the file (docs/format.md), of the plan's digest kind.</param>
/// <param name="FirstTensor">Smallest and largest stored name in the file, by UTF-8 bytes; null for a file without tiles.</param>
public sealed record ManifestFile(string Name, long Size, string Digest, LayerGroup Group, int Tiles, int Tensors, string? FirstTensor, string? LastTensor);

/// <summary>
/// manifest.json: written last, so its presence is the commit. O(files); its bytes are a function of plan.json and of the shard files. It ends with its own
/// digest, SHA-256 of all bytes before the comma that precedes the last member.
/// </summary>
public sealed record Manifest
{
    public required int Format { get; init; }
    public required int Spec { get; init; }
    public required string PlanId { get; init; }
    public required string ValuesId { get; init; }
    /// <summary>SHA-256 text of plan.json.</summary>
    public required string PlanDigest { get; init; }
    public required long IndexSize { get; init; }
    /// <summary>SHA-256 text of index.arrow.</summary>
    public required string IndexDigest { get; init; }
    public required Coverage Coverage { get; init; }
    /// <summary>In the order of the plan.</summary>
    public required ImmutableArray<ManifestFile> Files { get; init; }

    internal const string DigestMember = ",\n\"digest\":\"";
    internal const string End = "\"\n}\n";
    internal const int TailLength = 12 + 7 + 64 + 4;

    internal static ManifestFile Describe(Plan plan, int file, long size, string digest)
    {
        ShardFile shard = plan.Files[file];
        // Plan.Tensors is in order of name, so indices sort as names do.
        int[] tensors = [.. shard.Tiles.Select(tile => tile.Tensor).Distinct().Order()];
        return new ManifestFile(
            shard.Name, size, digest, shard.Group, shard.Tiles.Length, tensors.Length,
            tensors.Length == 0 ? null : plan.Tensors[tensors[0]].Name, tensors.Length == 0 ? null : plan.Tensors[tensors[^1]].Name);
    }

    /// <summary>The bytes of manifest.json: each member on its own line, each group and each file too.</summary>
    public byte[] ToBytes()
    {
        JsonOutput json = new(1 << 16);
        json.Open('{');
        Line(json, "format"); json.Number(Format);
        Line(json, "spec"); json.Number(Spec);
        Line(json, "plan_id"); json.Text(PlanId);
        Line(json, "values_id"); json.Text(ValuesId);
        Line(json, "plan"); WriteObject(json, ("name", CheckpointFiles.Plan), ("digest", PlanDigest));
        Line(json, "index"); WriteObject(json, ("name", CheckpointFiles.Index), ("size", IndexSize), ("digest", IndexDigest));
        Line(json, "totals"); WriteObject(json, ("files", Files.Length), ("tiles", Coverage.Tiles), ("tensors", Coverage.Tensors),
            ("parameters", Coverage.Parameters), ("bytes", Coverage.ValueBytes), ("file_bytes", Files.Sum(file => file.Size)));
        Line(json, "coverage"); WriteObject(json, ("stored_elements", Coverage.StoredElements), ("logical_elements", Coverage.LogicalElements),
            ("zero_elements", Coverage.ZeroElements), ("same_as", Coverage.Ties));
        WriteGroups(json);
        Line(json, "files");
        json.Open('[');
        foreach (ManifestFile file in Files)
        {
            json.NewLine();
            WriteObject(json, ("name", file.Name), ("size", file.Size), ("digest", file.Digest), ("group", file.Group.ToString()),
                ("tiles", file.Tiles), ("tensors", file.Tensors), ("first_tensor", file.FirstTensor), ("last_tensor", file.LastTensor));
        }
        json.Break();
        json.Close(']');
        ReadOnlySpan<byte> body = json.Written;
        return [.. body, .. Encoding.ASCII.GetBytes(DigestMember + Digests.Sha256(body) + End)];
    }

    /// <summary>Which files to open for which layer, in loading order.</summary>
    private void WriteGroups(JsonOutput json)
    {
        Line(json, "groups");
        json.Open('[');
        foreach (IGrouping<LayerGroup, ManifestFile> group in Files.GroupBy(file => file.Group).OrderBy(group => group.Key))
        {
            json.NewLine();
            json.Open('{');
            json.Name("group"); json.Text(group.Key.ToString());
            json.Name("files");
            json.Open('[');
            foreach (ManifestFile file in group) json.Text(file.Name);
            json.Close(']');
            json.Close('}');
        }
        json.Break();
        json.Close(']');
    }

    private static void Line(JsonOutput json, string name)
    {
        json.NewLine();
        json.Name(name);
    }

    private static void WriteObject(JsonOutput json, params ReadOnlySpan<(string Name, ManifestValue Value)> members)
    {
        json.Open('{');
        foreach ((string name, ManifestValue value) in members)
        {
            json.Name(name);
            if (value.Number is { } number) json.Number(number);
            else if (value.Text is { } text) json.Text(text);
            else json.Null();
        }
        json.Close('}');
    }

    private readonly record struct ManifestValue(long? Number, string? Text)
    {
        public static implicit operator ManifestValue(long number) => new(number, null);
        public static implicit operator ManifestValue(string? text) => new(null, text);
    }
}
