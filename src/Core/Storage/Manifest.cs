using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
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

    internal const string DigestMember = ",\n  \"digest\": \"";
    internal const string End = "\"\n}\n";
    internal const int TailLength = 15 + 7 + 64 + 4;

    internal static ManifestFile Describe(Plan plan, int file, long size, string digest)
    {
        ShardFile shard = plan.Files[file];
        // Plan.Tensors is in order of name, so indices sort as names do.
        int[] tensors = [.. shard.Tiles.Select(tile => tile.Tensor).Distinct().Order()];
        return new ManifestFile(
            shard.Name, size, digest, shard.Group, shard.Tiles.Length, tensors.Length,
            tensors.Length == 0 ? null : plan.Tensors[tensors[0]].Name, tensors.Length == 0 ? null : plan.Tensors[tensors[^1]].Name);
    }

    /// <summary>The bytes of manifest.json.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", IndentSize = 2, Encoder = MinimalJsonEncoder.Instance }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteNumber("spec", Spec);
            json.WriteString("plan_id", PlanId);
            json.WriteString("values_id", ValuesId);
            WriteParts(json);
            json.WriteEndObject();
        }
        // The closing brace and its line end make way for the digest member.
        byte[] written = stream.ToArray();
        ReadOnlySpan<byte> body = written.AsSpan(0, written.Length - 2);
        return [.. body, .. Encoding.ASCII.GetBytes(DigestMember + Digests.Sha256(body) + End)];
    }

    private void WriteParts(Utf8JsonWriter json)
    {
        json.WriteStartObject("plan");
        json.WriteString("name", CheckpointFiles.Plan);
        json.WriteString("digest", PlanDigest);
        json.WriteEndObject();
        json.WriteStartObject("index");
        json.WriteString("name", CheckpointFiles.Index);
        json.WriteNumber("size", IndexSize);
        json.WriteString("digest", IndexDigest);
        json.WriteEndObject();
        json.WriteStartObject("totals");
        json.WriteNumber("files", Files.Length);
        json.WriteNumber("tiles", Coverage.Tiles);
        json.WriteNumber("tensors", Coverage.Tensors);
        json.WriteNumber("parameters", Coverage.Parameters);
        json.WriteNumber("bytes", Coverage.ValueBytes);
        json.WriteNumber("file_bytes", Files.Sum(file => file.Size));
        json.WriteEndObject();
        json.WriteStartObject("coverage");
        json.WriteNumber("stored_elements", Coverage.StoredElements);
        json.WriteNumber("logical_elements", Coverage.LogicalElements);
        json.WriteNumber("zero_elements", Coverage.ZeroElements);
        json.WriteNumber("same_as", Coverage.Ties);
        json.WriteEndObject();
        WriteGroups(json);
        json.WriteStartArray("files");
        foreach (ManifestFile file in Files) WriteFile(json, file);
        json.WriteEndArray();
    }

    /// <summary>Which files to open for which layer, in loading order.</summary>
    private void WriteGroups(Utf8JsonWriter json)
    {
        json.WriteStartArray("groups");
        foreach (IGrouping<LayerGroup, ManifestFile> group in Files.GroupBy(file => file.Group).OrderBy(group => group.Key))
        {
            json.WriteStartObject();
            json.WriteString("group", group.Key.ToString());
            json.WriteStartArray("files");
            foreach (ManifestFile file in group) json.WriteStringValue(file.Name);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteFile(Utf8JsonWriter json, ManifestFile file)
    {
        json.WriteStartObject();
        json.WriteString("name", file.Name);
        json.WriteNumber("size", file.Size);
        json.WriteString("digest", file.Digest);
        json.WriteString("group", file.Group.ToString());
        json.WriteNumber("tiles", file.Tiles);
        json.WriteNumber("tensors", file.Tensors);
        json.WriteString("first_tensor", file.FirstTensor);
        json.WriteString("last_tensor", file.LastTensor);
        json.WriteEndObject();
    }
}
