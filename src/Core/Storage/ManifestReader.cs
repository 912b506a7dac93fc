using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>Reads manifest.json without trusting it: size, own digest, then every member.</summary>
internal static class ManifestReader
{
    /// <summary>As many files as a plan has tiles at most, at some 400 bytes each.</summary>
    public const long MaxLength = 1L << 30;
    public const int MaxFiles = 2_000_000;

    /// <exception cref="ShardFormatException">TooLarge, DigestMismatch, BadJson, BadManifest, BadName, UnsupportedFormat, UnsupportedSpec.</exception>
    public static Manifest Read(ReadOnlyMemory<byte> utf8, string path)
    {
        if (utf8.Length > MaxLength) throw new ShardFormatException(ShardFormatCode.TooLarge, path, $"expected at most {MaxLength} bytes, found {utf8.Length}");
        CheckOwnDigest(utf8.Span, path);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
        }
        catch (JsonException error)
        {
            throw new ShardFormatException(ShardFormatCode.BadJson, path, JsonProblems.Of(error));
        }
        using (document)
        {
            JsonElement root = document.RootElement;
            int format = Int32(root, "format", path);
            if (format is < 1 or > Versions.Format)
            {
                throw new ShardFormatException(ShardFormatCode.UnsupportedFormat, path, $"format {format}; this build reads 1 to {Versions.Format}, a newer one may read it");
            }
            int spec = Int32(root, "spec", path);
            if (spec is < 1 or > Versions.Spec)
            {
                throw new ShardFormatException(ShardFormatCode.UnsupportedSpec, path, $"spec {spec}; this build knows 1 to {Versions.Spec}, a newer one may know it");
            }
            JsonElement index = Member(root, "index", JsonValueKind.Object, path);
            return new Manifest
            {
                Format = format,
                Spec = spec,
                PlanId = Hex(root, "plan_id", path),
                ValuesId = Hex(root, "values_id", path),
                PlanDigest = Digest(Member(root, "plan", JsonValueKind.Object, path), path),
                IndexSize = Int64(index, "size", path),
                IndexDigest = Digest(index, path),
                Coverage = ReadCoverage(root, path),
                Files = ReadFiles(root, path),
            };
        }
    }

    private static void CheckOwnDigest(ReadOnlySpan<byte> bytes, string path)
    {
        if (bytes.Length <= Manifest.TailLength) throw new ShardFormatException(ShardFormatCode.BadManifest, path, $"{bytes.Length} bytes, too short to end with its digest");
        ReadOnlySpan<byte> body = bytes[..^Manifest.TailLength];
        string found = Encoding.Latin1.GetString(bytes[^Manifest.TailLength..]);
        string text = found[Manifest.DigestMember.Length..^Manifest.End.Length];
        if (!found.StartsWith(Manifest.DigestMember, StringComparison.Ordinal) || !found.EndsWith(Manifest.End, StringComparison.Ordinal)
            || !Digests.IsText(Digests.Sha256Kind, text))
        {
            throw new ShardFormatException(ShardFormatCode.BadManifest, path, "does not end with its digest: cut off, or not a manifest");
        }
        string expected = Digests.Sha256(body);
        if (text != expected) throw new ShardFormatException(ShardFormatCode.DigestMismatch, path, $"expected {text} by its own last line, found {expected}");
    }

    private static Coverage ReadCoverage(JsonElement root, string path)
    {
        JsonElement totals = Member(root, "totals", JsonValueKind.Object, path);
        JsonElement coverage = Member(root, "coverage", JsonValueKind.Object, path);
        return new Coverage(
            Int64(totals, "tensors", path), Int64(totals, "parameters", path), Int64(coverage, "stored_elements", path),
            Int64(coverage, "logical_elements", path), Int64(coverage, "zero_elements", path), Int64(coverage, "same_as", path),
            Int64(totals, "bytes", path), Int64(totals, "tiles", path));
    }

    private static ImmutableArray<ManifestFile> ReadFiles(JsonElement root, string path)
    {
        JsonElement array = Member(root, "files", JsonValueKind.Array, path);
        if (array.GetArrayLength() > MaxFiles) throw new ShardFormatException(ShardFormatCode.TooLarge, path, $"expected at most {MaxFiles} files, found {array.GetArrayLength()}");
        ImmutableArray<ManifestFile>.Builder files = ImmutableArray.CreateBuilder<ManifestFile>(array.GetArrayLength());
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (JsonElement entry in array.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object) throw Bad(path, "an entry of 'files' is no object");
            string name = Text(entry, "name", path);
            if (CheckpointFiles.WhyNotShardName(name) is { } reason) throw new ShardFormatException(ShardFormatCode.BadName, path, reason);
            if (!names.Add(name)) throw new ShardFormatException(ShardFormatCode.BadName, path, $"the file '{name}' is listed twice");
            files.Add(new ManifestFile(
                name, Int64(entry, "size", path), Digest(entry, path), Group(Text(entry, "group", path), path),
                Int32(entry, "tiles", path), Int32(entry, "tensors", path), OptionalText(entry, "first_tensor", path), OptionalText(entry, "last_tensor", path)));
        }
        return files.MoveToImmutable();
    }

    private static LayerGroup Group(string text, string path) => text switch
    {
        "embedding" => LayerGroup.Embedding,
        "head" => LayerGroup.Head,
        _ when text.StartsWith("layer ", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int layer) => LayerGroup.OfLayer(layer),
        _ => throw Bad(path, $"'{CheckpointFiles.Quote(text)}' is no layer group"),
    };

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind, string path)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out JsonElement value)) throw Bad(path, $"'{name}' is missing");
        return value.ValueKind == kind ? value : throw Bad(path, $"'{name}': expected {kind}, found {value.ValueKind}");
    }

    private static string Text(JsonElement parent, string name, string path)
    {
        JsonElement member = Member(parent, name, JsonValueKind.String, path);
        try
        {
            return member.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Bad(path, $"'{name}' is no valid Unicode text");
        }
    }

    private static string? OptionalText(JsonElement parent, string name, string path) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Null ? null : Text(parent, name, path);

    private static long Int64(JsonElement parent, string name, string path) =>
        Member(parent, name, JsonValueKind.Number, path).TryGetInt64(out long value) && value >= 0 ? value : throw Bad(path, $"'{name}': expected an integer of 0 or more");

    private static int Int32(JsonElement parent, string name, string path) =>
        Int64(parent, name, path) is var value && value <= int.MaxValue ? (int)value : throw Bad(path, $"'{name}': {value} is too large");

    private static string Hex(JsonElement parent, string name, string path)
    {
        string text = Text(parent, name, path);
        return text.Length == 64 && text.All(char.IsAsciiHexDigitLower) ? text : throw Bad(path, $"'{name}': expected 64 lower-case hex digits");
    }

    private static string Digest(JsonElement parent, string path)
    {
        string text = Text(parent, "digest", path);
        return Digests.KindOf(text) is not null ? text : throw Bad(path, $"'{CheckpointFiles.Quote(text)}' is no digest");
    }

    private static ShardFormatException Bad(string path, string message) => new(ShardFormatCode.BadManifest, path, message);
}
