using System.Globalization;
using System.Text;
using System.Text.Json;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>A case of Golden/init: an initializer by its original name, its arguments, a shape, and what the library did (<c>truth</c>).</summary>
internal sealed record InitCase(string Id, string Init, JsonElement Args, long[] Shape, string DType, JsonElement Truth)
{
    private static readonly Dictionary<string, JsonElement> s_files = [];

    public static JsonElement File(string name)
    {
        lock (s_files)
        {
            if (!s_files.TryGetValue(name, out JsonElement root)) s_files[name] = root = JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(Golden.Directory, "init", $"{name}.json"))).RootElement;
            return root;
        }
    }

    /// <summary>The cases of a file in their order; <paramref name="library"/> is the first part of our names.</summary>
    public static IEnumerable<InitCase> All(string file, string library, string nameKey)
    {
        foreach (JsonElement item in File(file).GetProperty("cases").EnumerateArray())
        {
            yield return new InitCase(item.GetProperty("id").GetString()!, $"{library}.{item.GetProperty(nameKey).GetString()}", item.GetProperty("args"),
                [.. item.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
                item.TryGetProperty("dtype", out JsonElement dtype) ? OurDType(dtype.GetString()!) : "F32", item.GetProperty("truth"));
        }
    }

    public string? Kind => Truth.TryGetProperty("kind", out JsonElement kind) ? kind.GetString() : null;

    public bool Raises => Truth.TryGetProperty("raises", out _);

    /// <summary>The planner's plan of a table with <paramref name="copies"/> tensors of this shape and one rule for them.</summary>
    public Plan Plan(int copies = 1)
    {
        using Workspace workspace = new();
        return workspace.Plan(Table(copies), Recipe);
    }

    public IReadOnlyList<string> Problems()
    {
        using Workspace workspace = new();
        return workspace.ProblemsOf(Table(1), Recipe);
    }

    // JSON is YAML, so that the arguments stand there as the golden file has them.
    private string Recipe => $"name: golden\nrules:\n- match: '*'\n  init: {Init}\n  args: {Args.GetRawText()}\n";

    private string Table(int copies)
    {
        StringBuilder rows = new();
        string shape = string.Join(",", Shape);
        for (int copy = 0; copy < copies; copy++)
        {
            if (copy > 0) rows.Append(',');
            rows.Append(CultureInfo.InvariantCulture, $"{{\"name\":\"w{copy}\",\"shape\":[{shape}],\"dtype\":\"{DType}\"}}");
        }
        return $"{{\"tensors\":[{rows}]}}";
    }

    internal static string OurDType(string name) => name switch
    {
        "float32" => "F32",
        "float64" => "F64",
        "bfloat16" => "BF16",
        "float16" => "F16",
        "int64" => "I64",
        "complex64" => "C64",
        _ => throw new NotSupportedException(name),
    };
}
