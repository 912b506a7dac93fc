using System.Collections.Immutable;
using System.Text.Json;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>Reads the objects that <see cref="DistributionJson"/> writes. What it gives is well formed; whether the numbers are good is for <see cref="DistributionLimits"/>.</summary>
internal readonly struct DistributionReader(string path)
{
    /// <summary>Ranges of a <c>rows</c> at most.</summary>
    public const int MaxRanges = 4096;

    /// <summary>Named numbers of a formula or plug-in at most.</summary>
    public const int MaxNumbers = 256;

    private readonly string _path = path;

    /// <exception cref="ShardFormatException">No such object.</exception>
    public Distribution Read(JsonElement init, bool isRange = false)
    {
        Dictionary<string, JsonElement> members = Members(init, "init");
        if (!members.Remove("kind", out JsonElement kindElement)) throw Bad("inits: unknown kind (none)");
        string kind = Text(kindElement, "kind");
        if (DistributionJson.NumberNames(kind) is not string[] names) throw Bad($"inits: unknown kind {Problems.Quote(kind)}");
        Distribution distribution = kind switch
        {
            "table" => ReadTable(members),
            "expression" => ReadExpression(members),
            "rows" when isRange => throw Bad("inits: rows inside rows"),
            "rows" => ReadRows(members),
            "plugin" => ReadPlugin(members),
            _ => Create(kind, ReadNumbers(kind, names, members)),
        };
        if (members.Count > 0) throw Bad($"inits: {kind} has no {(names.Length > 0 ? "number" : "member")} {Problems.Quote(members.Keys.First())}");
        return distribution;
    }

    private Distribution Create(string kind, ReadOnlySpan<double> numbers) => kind switch
    {
        "constant" => new Constant(numbers[0]),
        "uniform" => new Uniform(numbers[0], numbers[1]),
        "normal" => new Normal(numbers[0], numbers[1]),
        "truncated_normal" => new TruncatedNormal(numbers[0], numbers[1], numbers[2], numbers[3]),
        "log_uniform" => new LogUniform(numbers[0], numbers[1]),
        "orthogonal" => new Orthogonal(numbers[0], Axis(numbers[1])),
        "delta_orthogonal" => new DeltaOrthogonal(numbers[0], Axis(numbers[1])),
        "sparse" => new Sparse(numbers[0], numbers[1], numbers[2]),
        "eye" => new Eye(numbers[0]),
        _ => new Dirac(Whole(numbers[0], "groups", 1, 1L << 53)),
    };

    private double[] ReadNumbers(string kind, string[] names, Dictionary<string, JsonElement> members)
    {
        double[] numbers = new double[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            numbers[i] = members.Remove(names[i], out JsonElement element) ? Number(element, names[i]) : (kind, names[i]) switch
            {
                ("truncated_normal", "low") => double.NegativeInfinity,
                ("truncated_normal", "high") => double.PositiveInfinity,
                (_, "column_axis") => double.NaN,
                _ => throw Bad($"inits: {kind} lacks {names[i]}"),
            };
        }
        return numbers;
    }

    private Table ReadTable(Dictionary<string, JsonElement> members)
    {
        string formula = TextOf(members, "table", "formula");
        (ImmutableArray<string> names, ImmutableArray<double> numbers) = NamedNumbers(members, "table");
        return new Table(formula, names, numbers);
    }

    private Expression ReadExpression(Dictionary<string, JsonElement> members)
    {
        string formula = TextOf(members, "expression", "formula");
        (ImmutableArray<string> names, ImmutableArray<double> numbers) = NamedNumbers(members, "expression");
        return new Expression(formula, names, numbers);
    }

    private Plugin ReadPlugin(Dictionary<string, JsonElement> members)
    {
        string assembly = TextOf(members, "plugin", "assembly");
        if (assembly.Length != 64 || !assembly.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f')) throw Bad($"inits: assembly: expected 64 lower-case hexadecimal digits, found {Problems.Quote(assembly)}");
        string type = TextOf(members, "plugin", "type");
        if (TensorNames.Refusal(type) is string refusal) throw Bad($"inits: type {Problems.Quote(type)}: {refusal}");
        (ImmutableArray<string> names, ImmutableArray<double> numbers) = NamedNumbers(members, "plugin");
        return new Plugin(assembly, type, names, numbers);
    }

    private Rows ReadRows(Dictionary<string, JsonElement> members)
    {
        if (!members.Remove("rows", out JsonElement list)) throw Bad("inits: rows lacks rows");
        if (list.ValueKind != JsonValueKind.Array) throw Bad($"rows: expected a list, found {list.ValueKind}");
        if (list.GetArrayLength() > MaxRanges) throw Bad($"inits: rows of more than {MaxRanges} ranges");
        ImmutableArray<RowRange>.Builder ranges = ImmutableArray.CreateBuilder<RowRange>();
        foreach (JsonElement item in list.EnumerateArray())
        {
            Dictionary<string, JsonElement> range = Members(item, "rows");
            if (range.Count != 3 || !range.TryGetValue("start", out JsonElement start) || !range.TryGetValue("end", out JsonElement end) || !range.TryGetValue("init", out JsonElement init))
                throw Bad("inits: rows: expected start, end and init for each range");
            ranges.Add(new RowRange(Long(start, "start"), Long(end, "end"), Read(init, isRange: true)));
        }
        return new Rows(ranges.ToImmutable());
    }

    private (ImmutableArray<string> Names, ImmutableArray<double> Numbers) NamedNumbers(Dictionary<string, JsonElement> members, string kind)
    {
        if (!members.Remove("numbers", out JsonElement element)) throw Bad($"inits: {kind} lacks numbers");
        if (Members(element, "numbers").Count > MaxNumbers) throw Bad($"inits: {kind} of more than {MaxNumbers} numbers");
        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        ImmutableArray<double>.Builder numbers = ImmutableArray.CreateBuilder<double>();
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (names.Count > 0 && TensorNames.Compare(names[^1], member.Name) >= 0) throw Bad("inits: numbers: expected ascending names");
            names.Add(member.Name);
            numbers.Add(Number(member.Value, member.Name));
        }
        return (names.ToImmutable(), numbers.ToImmutable());
    }

    private Dictionary<string, JsonElement> Members(JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Bad($"{what}: expected an object, found {element.ValueKind}");
        Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (!members.TryAdd(member.Name, member.Value)) throw new ShardFormatException(ShardFormatCode.BadJson, _path, $"the name {Problems.Quote(member.Name)} stands twice in one object");
        }
        return members;
    }

    private string TextOf(Dictionary<string, JsonElement> members, string kind, string name) =>
        members.Remove(name, out JsonElement element) ? Text(element, name) : throw Bad($"inits: {kind} lacks {name}");

    private string Text(JsonElement element, string name) => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Bad($"{name}: expected a text, found {element.ValueKind}");

    private double Number(JsonElement element, string name) => element.ValueKind == JsonValueKind.Number ? element.GetDouble() : throw Bad($"{name}: expected a number, found {element.ValueKind}");

    private long Long(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long value) ? value : throw Bad($"{name}: expected a whole number below 2^63");

    private int? Axis(double number) => double.IsNaN(number) ? null : (int)Whole(number, "column_axis", 0, ModelBuilder.MaxRank - 1);

    private long Whole(double number, string name, long least, long most) =>
        Math.Floor(number) == number && number >= least && number <= most ? (long)number : throw Bad($"inits: {name}: expected a whole number from {least} to {most}");

    private ShardFormatException Bad(string message) => new(ShardFormatCode.BadPlan, _path, message);
}
