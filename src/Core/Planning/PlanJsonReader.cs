using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>
/// Reads <c>plan.json</c> as a stream of tokens: no tree, linear time, bounded depth. What it holds is checked by <see cref="PlanChecks"/>.
/// Unknown keys are skipped, so that later releases may add some.
/// </summary>
internal ref struct PlanJsonReader
{
    public const long MaxBytes = 1L << 30;
    public const int MaxDepth = 16;

    private static readonly string[] s_rowKeys = ["name", "dtype", "kind", "group", "layer", "init", "rule", "shape", "zero_rows", "seed", "buffer", "parts"];

    private Utf8JsonReader _json;
    private readonly string _path;

    private PlanJsonReader(ReadOnlySpan<byte> utf8, string path)
    {
        _json = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        _path = path;
    }

    public static Plan Read(ReadOnlyMemory<byte> utf8, string path)
    {
        if (utf8.Length > MaxBytes) throw new ShardFormatException(ShardFormatCode.TooLarge, path, $"expected at most {MaxBytes} bytes, found {utf8.Length}");
        if (utf8.IsEmpty) throw new ShardFormatException(ShardFormatCode.BadJson, path, "expected a plan, found an empty file");
        if (!Utf8.IsValid(utf8.Span)) throw new ShardFormatException(ShardFormatCode.BadJson, path, "not valid UTF-8");
        try
        {
            new PlanJsonReader(utf8.Span, path).CheckVersions();
            PlanContent content = new PlanJsonReader(utf8.Span, path).ReadAll();
            LargePlan.LetGo(content.Tensors.Count);
            return PlanChecks.Assemble(content, path);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: half a surrogate pair in an escape.
            throw new ShardFormatException(ShardFormatCode.BadJson, path, error is JsonException ? JsonProblems.Of(error) : error.Message);
        }
    }

    // A newer plan may differ in anything but these two numbers: they decide before the rest is looked at.
    private void CheckVersions()
    {
        Next(JsonTokenType.StartObject, "an object");
        int found = 0;
        while (found < 2 && NextName(out string key))
        {
            Advance();
            if (key is "format" or "spec")
            {
                found++;
                long version = Long(key);
                (int newest, ShardFormatCode code) = key == "format" ? (Versions.Format, ShardFormatCode.UnsupportedFormat) : (Versions.Spec, ShardFormatCode.UnsupportedSpec);
                if (version > newest) throw new ShardFormatException(code, _path, $"{key} {version} is newer than this build knows ({newest}); use a newer release");
                if (version < 1) throw Bad($"{key}: expected 1 to {newest}, found {version}");
            }
            _json.Skip();
        }
        if (found == 0) throw Bad("expected a plan.json that init has written, found another object (no format, no spec); 'shardinit plan' takes configurations and tables");
    }

    private PlanContent ReadAll()
    {
        PlanContent content = new();
        HashSet<string> seen = new(StringComparer.Ordinal);
        Next(JsonTokenType.StartObject, "an object");
        while (NextName(out string key))
        {
            if (!seen.Add(key)) throw Twice(key);
            Advance();
            switch (key)
            {
                case "format" or "spec" or "shard_bytes" or "tile_bytes": content.Numbers[key] = Long(key); break;
                case "plan_id" or "values_id" or "seed" or "namespace" or "model" or "recipe" or "storage_format" or "digest": content.Texts[key] = Text(key); break;
                case "config" or "recipe_text":
                    if (_json.TokenType != JsonTokenType.Null) content.Texts[key] = Text(key);
                    break;
                case "tied": content.Tied = ReadTexts(key); break;
                case "metadata": content.Metadata = ReadTexts(key); break;
                case "rules":
                    for (ExpectList(key); NextItem();) content.Rules.Add(Text(key));
                    break;
                case "inits":
                    for (ExpectList(key); NextItem();) content.Inits.Add(ReadInit());
                    break;
                case "logical":
                    for (ExpectList(key); NextItem();) content.Logical.Add(ReadRow(content, isStored: false).Logical!.Value);
                    break;
                case "tensors":
                    for (ExpectList(key); NextItem();)
                    {
                        (PlanContent.TensorRow? tensor, PlanContent.LogicalRow? logical) = ReadRow(content, isStored: true);
                        content.Tensors.Add(tensor!.Value);
                        if (logical is PlanContent.LogicalRow row) content.Logical.Add(row);
                    }
                    break;
                default: _json.Skip(); break;
            }
        }
        if (_json.Read()) throw new FormatException("something stands after the end of the plan");
        return content;
    }

    private (PlanContent.TensorRow? Tensor, PlanContent.LogicalRow? Logical) ReadRow(PlanContent content, bool isStored)
    {
        Expect(JsonTokenType.StartObject, "an object for each tensor");
        (string? name, string? dtype, string? kind, string? group) = (null, null, null, null);
        (long layer, long init, long rule) = (-1, -1, -1);
        long[]? shape = null;
        ImmutableArray<long> zeroRows = [];
        ImmutableArray<PlanContent.PartRow> parts = default;
        ulong? seed = null;
        bool buffer = false;
        uint seen = 0;
        while (NextName(out string key))
        {
            int known = Array.IndexOf(s_rowKeys, key);
            if (known >= 0 && (seen & (1u << known)) != 0) throw Twice(key);
            if (known >= 0) seen |= 1u << known;
            Advance();
            switch (key)
            {
                case "name": name = Text(key); break;
                case "dtype": dtype = Text(key); break;
                case "kind": kind = content.Share(Text(key)); break;
                case "group": group = Text(key); break;
                case "layer": layer = Index(key, 1_000_000); break;
                case "init": init = Index(key, int.MaxValue); break;
                case "rule": rule = Index(key, int.MaxValue); break;
                case "shape": shape = Longs(key); break;
                case "zero_rows": zeroRows = [.. Longs(key)]; break;
                case "seed": seed = Seed(); break;
                case "buffer":
                    buffer = _json.TokenType == JsonTokenType.True;
                    if (!buffer) Expect(JsonTokenType.False, key, "true or false");
                    break;
                case "parts": parts = ReadParts(); break;
                default: _json.Skip(); break;
            }
        }
        if (name is null || shape is null) throw Bad("a tensor lacks name or shape");
        if (TensorNames.Refusal(name) is string refusal) throw new ShardFormatException(ShardFormatCode.BadName, _path, $"tensor {Problems.Quote(name)}: {refusal}");
        if (shape.Length > ModelBuilder.MaxRank) throw Bad($"tensor {Problems.Quote(name)}: {shape.Length} axes; at most {ModelBuilder.MaxRank}");
        if (!Shape.TryCount(shape, out _, out string? reason)) throw Bad($"tensor {Problems.Quote(name)}: {reason}");
        Shape size = content.Shapes.Share(new Shape(shape));
        PlanContent.LogicalRow? logical = null;
        if (parts.IsDefault)
        {
            if (init < 0 || rule < 0) throw Bad($"tensor {Problems.Quote(name)}: lacks init or rule");
            logical = new PlanContent.LogicalRow(name, size, (int)init, (int)rule, zeroRows, seed);
        }
        if (!isStored) return (null, logical ?? throw Bad($"logical tensor {Problems.Quote(name)}: lacks init and rule"));
        if (dtype is null || !DTypes.TryParse(dtype, out DType type)) throw Bad($"tensor {Problems.Quote(name)}: dtype: expected one of {string.Join(", ", Enum.GetNames<DType>())}, found {(dtype is null ? "none" : Problems.Quote(dtype))}");
        LayerGroup place = (group, layer) switch
        {
            (null, >= 0) => LayerGroup.OfLayer((int)layer),
            ("embedding", -1) => LayerGroup.Embedding,
            ("head", -1) => LayerGroup.Head,
            _ => throw Bad($"tensor {Problems.Quote(name)}: expected either layer, or group embedding or head"),
        };
        return (new PlanContent.TensorRow(name, type, size, kind, buffer, place, parts), logical);
    }

    private ImmutableArray<PlanContent.PartRow> ReadParts()
    {
        ImmutableArray<PlanContent.PartRow>.Builder parts = ImmutableArray.CreateBuilder<PlanContent.PartRow>();
        for (ExpectList("parts"); NextItem();)
        {
            if (parts.Count == PlanChecks.MaxParts) throw Bad($"a tensor of more than {PlanChecks.MaxParts} parts");
            Expect(JsonTokenType.StartObject, "an object for each part");
            string? logical = null;
            (ImmutableArray<AxisRange> source, ImmutableArray<AxisRange> destination, ImmutableArray<int> permutation) = (default, default, default);
            while (NextName(out string key))
            {
                Advance();
                bool twice = key switch { "logical" => logical is not null, "source" => !source.IsDefault, "destination" => !destination.IsDefault, "permutation" => !permutation.IsDefault, _ => false };
                if (twice) throw Twice(key);
                switch (key)
                {
                    case "logical": logical = Text(key); break;
                    case "source": source = ReadRanges(key); break;
                    case "destination": destination = ReadRanges(key); break;
                    case "permutation": permutation = [.. Longs(key).Select(axis => (int)Math.Clamp(axis, -1, int.MaxValue))]; break;
                    default: _json.Skip(); break;
                }
            }
            if (logical is null || source.IsDefault || destination.IsDefault || permutation.IsDefault) throw Bad("a part lacks logical, source, permutation or destination");
            parts.Add(new PlanContent.PartRow(logical, source, permutation, destination));
        }
        return parts.ToImmutable();
    }

    private ImmutableArray<AxisRange> ReadRanges(string key)
    {
        ImmutableArray<AxisRange>.Builder ranges = ImmutableArray.CreateBuilder<AxisRange>();
        for (ExpectList(key); NextItem();)
        {
            long[] range = Longs(key);
            if (range.Length != 3) throw Bad($"{key}: expected [start, end, step]");
            ranges.Add(new AxisRange(range[0], range[1], range[2]));
        }
        return ranges.ToImmutable();
    }

    private Distribution ReadInit()
    {
        Expect(JsonTokenType.StartObject, "an object for each init");
        using JsonDocument init = JsonDocument.ParseValue(ref _json);
        return new DistributionReader(_path).Read(init.RootElement);
    }

    private Dictionary<string, string> ReadTexts(string what)
    {
        Expect(JsonTokenType.StartObject, what, "an object");
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        while (NextName(out string key))
        {
            Advance();
            if (!texts.TryAdd(key, Text(what))) throw Twice(key);
        }
        return texts;
    }

    private long[] Longs(string key)
    {
        long[] values = new long[4];
        int count = 0;
        for (ExpectList(key); NextItem();)
        {
            if (count == values.Length) Array.Resize(ref values, count * 2);
            values[count++] = Long(key);
        }
        Array.Resize(ref values, count);
        return values;
    }

    private long Long(string key)
    {
        Expect(JsonTokenType.Number, key, "a whole number");
        return _json.TryGetInt64(out long value) ? value : throw Bad($"{key}: expected a whole number below 2^63");
    }

    private long Index(string key, long limit)
    {
        long value = Long(key);
        return value >= 0 && value < limit ? value : throw Bad($"{key}: expected 0 to {limit - 1}, found {value}");
    }

    private string Text(string key)
    {
        Expect(JsonTokenType.String, key, "a text");
        return _json.GetString()!;
    }

    private ulong Seed()
    {
        string text = Text("seed");
        return Seeds.TryParse(text, out ulong seed) ? seed : throw Bad(Seeds.Refusal(text));
    }

    private void ExpectList(string key) => Expect(JsonTokenType.StartArray, key, "a list");

    private bool NextItem()
    {
        Advance();
        return _json.TokenType != JsonTokenType.EndArray;
    }

    private bool NextName(out string name)
    {
        Advance();
        name = _json.TokenType == JsonTokenType.PropertyName ? Known() ?? _json.GetString()! : "";
        return _json.TokenType == JsonTokenType.PropertyName;
    }

    // The keys of a row come by the hundred thousand: no new text for each.
    private readonly string? Known()
    {
        foreach (string key in s_rowKeys) if (_json.ValueTextEquals(key)) return key;
        return null;
    }

    private void Next(JsonTokenType type, string expected)
    {
        Advance();
        Expect(type, expected);
    }

    private void Advance()
    {
        if (!_json.Read()) throw new FormatException("the text ends too early");
    }

    private readonly void Expect(JsonTokenType type, string expected)
    {
        if (_json.TokenType != type) throw Bad($"expected {expected}, found {JsonProblems.Found(_json.TokenType)}");
    }

    private readonly void Expect(JsonTokenType type, string key, string expected)
    {
        if (_json.TokenType != type) throw Bad($"{key}: expected {expected}, found {JsonProblems.Found(_json.TokenType)}");
    }

    private readonly ShardFormatException Bad(string message) => new(ShardFormatCode.BadPlan, _path, message);

    private readonly ShardFormatException Twice(string key) => new(ShardFormatCode.BadJson, _path, $"the name {Problems.Quote(key)} stands twice in one object");
}
