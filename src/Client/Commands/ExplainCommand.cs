using System.Globalization;
using System.Text;
using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>explain</c>: why one element has the value that it has.</summary>
internal static class ExplainCommand
{
    private static readonly Positional s_directory = new("DIR", "a directory that init has written; plan.json is enough");

    public static readonly CommandSpec Spec = new("explain", "Show where one element comes from: logical tensor, key, counter, random words, draw, rule, value.",
        "explain /data/init --tensor model.norm.weight --index 7", [s_directory], [Flags.Tensor, Flags.Index, Flags.Plugin, Flags.Json], Run);

    private static int Run(Invocation given)
    {
        using Interruption interruption = new();
        Plan plan;
        using (Checkpoint checkpoint = CheckpointWord.Open(given.Word(s_directory))) plan = checkpoint.Plan;
        int tensor = TensorNames.Find(plan, given.Get(Flags.Tensor)!, given.Terminal);
        Explanation explanation = Explanation.Of(plan, tensor, Element(plan.Tensors[tensor], given.Get(Flags.Index)!), new ValueOptions { Cancel = interruption.Token, Plugins = Planned.Plugins(given) });
        if (given.Has(Flags.Json)) given.Terminal.PrintJson(json => Members(json, plan, explanation));
        else given.Terminal.Print(string.Join('\n', Lines(plan, explanation)));
        return ExitCode.Done;
    }

    // A row-major number, or one number per axis with commas.
    private static long Element(StoredTensor tensor, string text)
    {
        long[] numbers = new long[text.Split(',').Length];
        string[] items = text.Split(',');
        bool valid = true;
        for (int i = 0; i < items.Length; i++) valid &= long.TryParse(items[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]);
        Shape shape = tensor.Shape;
        if (!valid || (numbers.Length > 1 && numbers.Length != shape.Rank))
        {
            throw new UsageException($"--index of '{tensor.Name}', shape {shape}: expected a row-major number or {Human.Plural(shape.Rank, "number")} with commas, found '{text}'");
        }
        bool inside = numbers.Length == 1 ? numbers[0] < shape.ElementCount : numbers.Select((number, axis) => number < shape[axis]).All(small => small);
        if (!inside) throw new UsageException($"--index of '{tensor.Name}', shape {shape}: expected {(numbers.Length == 1 ? $"a number below {shape.ElementCount}" : "numbers below the sizes of the axes")}, found '{text}'");
        return numbers.Length == 1 ? numbers[0] : ElementPlace.ElementOf(shape, numbers);
    }

    private static IEnumerable<string> Lines(Plan plan, Explanation told)
    {
        ElementPlace place = told.Place;
        List<string[]> rows =
        [
            ["element", $"{told.Tensor.Name}{Index(place.Index)}, number {place.Element} of {told.Tensor.Shape.ElementCount}, {told.Tensor.DType.Name()}"],
            ["file", $"{plan.Files[place.File].Name}, tile {place.Tile}"],
            ["logical", $"{told.Logical.Name}{Index(place.LogicalIndex)}, number {place.LogicalElement}, shape {told.Logical.Shape}"],
            ["rule", told.Logical.Rule],
            ["distribution", TensorLines.Describe(told.Init)],
            ["key", $"{told.Key.Key0:x8} {told.Key.Key1:x8}, c3 {told.Key.Counter3:x8}: from spec {plan.Spec}, seed {told.Seed}, namespace '{plan.Namespace}' and the logical name"],
        ];
        foreach (ExplainedBlock block in told.Blocks)
        {
            rows.Add(["counter", $"{Words(block.Counter)}: purpose {block.Purpose}, attempt {block.Attempt}"]);
            rows.Add(["words", $"{Words(block.Words)}: word {block.Own} is the element's, {block.Own ^ 1} its partner's"]);
        }
        rows.Add(["draw", told.Draw]);
        if (told.IsZeroRow) rows.Add(["padding", $"row {place.LogicalIndex[0]} is a padding row: 0 whatever was drawn"]);
        if (told.Single is float single && told.Tensor.DType != DType.F32) rows.Add(["float32", Number(single)]);
        rows.Add(["value", $"{Value(told)}, bits {told.Bits.ToString($"x{2 * told.Bytes.Length}", CultureInfo.InvariantCulture)}"]);
        return Human.Table(rows);
    }

    private static void Members(Utf8JsonWriter json, Plan plan, Explanation told)
    {
        ElementPlace place = told.Place;
        json.WriteString("tensor", told.Tensor.Name);
        WriteNumbers(json, "index", place.Index);
        json.WriteNumber("element", place.Element);
        json.WriteString("dtype", told.Tensor.DType.Name());
        json.WriteString("file", plan.Files[place.File].Name);
        json.WriteNumber("tile", place.Tile);
        json.WriteString("logical", told.Logical.Name);
        WriteNumbers(json, "logical_shape", told.Logical.Shape.Dims);
        WriteNumbers(json, "logical_index", place.LogicalIndex);
        json.WriteNumber("logical_element", place.LogicalElement);
        json.WriteString("rule", told.Logical.Rule);
        json.WritePropertyName("init");
        json.WriteRawValue(TensorLines.InitJson(told.Init));
        json.WriteNumber("spec", plan.Spec);
        json.WriteString("seed", told.Seed.ToString(CultureInfo.InvariantCulture));
        json.WriteString("namespace", plan.Namespace);
        json.WriteString("key", $"{told.Key.Key0:x8}{told.Key.Key1:x8}");
        json.WriteString("c3", $"{told.Key.Counter3:x8}");
        json.WriteStartArray("blocks");
        foreach (ExplainedBlock block in told.Blocks)
        {
            json.WriteStartObject();
            json.WriteNumber("purpose", block.Purpose);
            json.WriteNumber("attempt", block.Attempt);
            WriteWords(json, "counter", block.Counter);
            WriteWords(json, "words", block.Words);
            json.WriteNumber("word", block.Own);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("draw", told.Draw);
        json.WriteBoolean("zero_row", told.IsZeroRow);
        if (told.Single is float single) json.WriteNumber("float32", single);
        json.WritePropertyName("value");
        json.WriteRawValue(Value(told));
        json.WriteString("bits", told.Bits.ToString($"x{2 * told.Bytes.Length}", CultureInfo.InvariantCulture));
    }

    // The stored number in decimal: the shortest that reads back as the same bits of binary32 (F64: binary64). Every stored value is finite.
    private static string Value(Explanation told)
    {
        Span<byte> wide = stackalloc byte[8];
        wide.Clear();
        told.Bytes.AsSpan().CopyTo(wide);
        switch (told.Tensor.DType)
        {
            case DType.F64: return BitConverter.ToDouble(wide).ToString("R", CultureInfo.InvariantCulture);
            case DType.I64: return BitConverter.ToInt64(wide).ToString(CultureInfo.InvariantCulture);
            case DType.I32: return BitConverter.ToInt32(wide).ToString(CultureInfo.InvariantCulture);
            case DType.U8 or DType.BOOL: return wide[0].ToString(CultureInfo.InvariantCulture);
            case DType.F32: return Number(BitConverter.ToSingle(wide));
            case DType.F16: return Number((float)BitConverter.ToHalf(wide));
            default:
                byte[] single = new byte[4];
                ValueFiles.Widen(told.Tensor.DType, told.Bytes.AsSpan(), single);
                return Number(BitConverter.ToSingle(single));
        }
    }

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Index(IEnumerable<long> index) => $"[{string.Join(", ", index)}]";

    private static string Words(IEnumerable<uint> words) => string.Join(' ', words.Select(word => word.ToString("x8", CultureInfo.InvariantCulture)));

    private static void WriteNumbers(Utf8JsonWriter json, string member, IEnumerable<long> numbers)
    {
        json.WriteStartArray(member);
        foreach (long number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    private static void WriteWords(Utf8JsonWriter json, string member, IEnumerable<uint> words)
    {
        json.WriteStartArray(member);
        foreach (uint word in words) json.WriteStringValue(word.ToString("x8", CultureInfo.InvariantCulture));
        json.WriteEndArray();
    }
}
