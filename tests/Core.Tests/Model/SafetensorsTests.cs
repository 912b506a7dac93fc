using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Model;

public sealed class SafetensorsTests
{
    private const string Everything = "name: all\nrules:\n- match: '*'\n  init: zeros\n";
    private const string Good = """{"__metadata__": {"format": "pt"}, "b": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}, "layers.4.a": {"dtype": "I64", "shape": [], "data_offsets": [12, 20]}}""";

    private static byte[] FileOf(string header, long dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    private static IReadOnlyList<string> ProblemsOf(byte[] file)
    {
        using Workspace workspace = new();
        string path = workspace.Write("model.safetensors", file);
        return Workspace.ProblemsOf(() => ModelInput.Read(path));
    }

    [Fact]
    public void AKeyOfTheMetadataThatStandsTwiceIsRefused() => Assert.Contains("'format' stands twice", Assert.Single(ProblemsOf(FileOf(
        Good.Replace("\"format\": \"pt\"", "\"format\": \"pt\", \"format\": \"tf\"", StringComparison.Ordinal), 20))));

    [Fact]
    public void AnIndexThatNamesAPipeIsRefusedAndNotReadForEver()
    {
        if (!OperatingSystem.IsLinux()) return;
        using Workspace workspace = new();
        string index = workspace.Write("model.safetensors.index.json", """{"weight_map": {"a": "pipe.safetensors"}}"""u8.ToArray());
        using (Process made = Process.Start("mkfifo", Path.Combine(Path.GetDirectoryName(index)!, "pipe.safetensors"))) made.WaitForExit();
        Assert.Contains("which is a pipe or device", Assert.Single(Workspace.ProblemsOf(() => ModelInput.Read(index))));
    }

    [Fact]
    public void AHeaderGivesNamesShapesAndDtypes()
    {
        using Workspace workspace = new();
        Plan plan = Planner.Create(new PlanRequest { Model = workspace.Write("model.safetensors", FileOf(Good + "   ", 20)), Recipe = workspace.Write("r.yaml", Everything) });
        Assert.Equal("headers", plan.Model);
        Assert.Equal([("b", DType.BF16, "[2, 3]", LayerGroup.Head), ("layers.4.a", DType.I64, "[]", LayerGroup.OfLayer(4))],
            plan.Tensors.Select(tensor => (tensor.Name, tensor.DType, tensor.Shape.ToString(), tensor.Group)));
        Assert.Equal(6, PlanSummary.Of(plan).Parameters);
    }

    [Fact]
    public void HeadersNeedARecipe()
    {
        using Workspace workspace = new();
        string path = workspace.Write("model.safetensors", FileOf(Good, 20));
        Assert.Contains("--recipe", Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = path }))));
    }

    [Fact]
    public void UnderHfATensorOfUnknownKindIsUncovered()
    {
        using Workspace workspace = new();
        string path = workspace.Write("model.safetensors", FileOf(Good, 20));
        Assert.Contains("no rule covers tensor 'b'", Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = path, Recipe = "hf" }))));
    }

    [Theory]
    [InlineData("hole", """{"a": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}}""", 3, "expected its data at offset 0, found 1 (hole)")]
    [InlineData("overlap", """{"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}, "b": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}}""", 3, "(overlap)")]
    [InlineData("wrong size", """{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 2]}}""", 2, "expected 8 bytes for shape [2] of F32")]
    [InlineData("overflowing size", """{"a": {"dtype": "F64", "shape": [4611686018427387904], "data_offsets": [0, 0]}}""", 0, "expected 36893488147419103232 bytes")]
    [InlineData("overflowing shape", """{"a": {"dtype": "U8", "shape": [4294967296, 4294967296], "data_offsets": [0, 0]}}""", 0, "2^63 or more elements")]
    [InlineData("backward offsets", """{"a": {"dtype": "U8", "shape": [0], "data_offsets": [2, 0]}}""", 0, "found data_offsets [2, 0]")]
    [InlineData("data too short", """{"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}""", 1, "expected 2 bytes of data after the header, found 1")]
    [InlineData("data too long", """{"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}""", 3, "expected 2 bytes of data after the header, found 3")]
    [InlineData("same name twice", """{"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, "a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}""", 2, "'a' stands twice")]
    [InlineData("same key twice", """{"a": {"dtype": "U8", "dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}""", 1, "expected one dtype")]
    [InlineData("negative size", """{"a": {"dtype": "U8", "shape": [-1], "data_offsets": [0, 1]}}""", 1, "expected whole numbers from 0")]
    [InlineData("unknown dtype", """{"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}""", 1, "found 'F4'")]
    [InlineData("missing shape", """{"a": {"dtype": "U8", "data_offsets": [0, 1]}}""", 1, "expected dtype, shape and two data_offsets")]
    [InlineData("deep header", """{"a": {"dtype": "U8", "x": [[[[[[[[[[]]]]]]]]]]}}""", 0, "bad header")]
    [InlineData("metadata that is no text", """{"__metadata__": {"a": 1}}""", 0, "expected texts only")]
    [InlineData("control character", """{"a\u0007": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}""", 1, "control character")]
    [InlineData("truncated JSON", """{"a": {"dtype": "U8", """, 0, "bad header")]
    [InlineData("something after the end", """{} {}""", 0, "bad header")]
    [InlineData("no object", """[1]""", 0, "expected '{'")]
    [InlineData("no tensor", """{"__metadata__": {"format": "pt"}}""", 0, "expected at least one tensor")]
    public void BadHeadersAreRefused(string what, string header, long dataBytes, string expected)
    {
        Assert.NotEmpty(what);
        Assert.Contains(expected, Assert.Single(ProblemsOf(FileOf(header, dataBytes))));
    }

    [Theory]
    [InlineData(100_000_001, "at most 100000000 bytes")]
    [InlineData(50_000_000, "expected a header of 50000000 bytes")]
    [InlineData(long.MaxValue - 0xFF, "at most 100000000 bytes")]
    [InlineData(long.MaxValue, "expected JSON in UTF-8 or a .safetensors file, found neither")]
    public void LengthsThatLieAreRefused(long length, string expected)
    {
        byte[] file = FileOf(Good, 20);
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        Assert.Contains(expected, Assert.Single(ProblemsOf(file)));
    }

    [Theory]
    [InlineData(0xFEFF)]
    [InlineData(0x7B00)]
    [InlineData(0xFFFE)]
    [InlineData(0x017B)]
    [InlineData(0x7B)]
    public void LengthsThatLookLikeAByteOrderMarkAreLengths(int length)
    {
        const string header = """{"b": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]}}""";
        using Workspace workspace = new();
        string path = workspace.Write("model.safetensors", FileOf(header.PadRight(length), 3));
        Assert.Equal("b", Assert.Single(ModelInput.Read(path).Stored).Name);
    }

    [Fact]
    public void TruncationAtEveryByteIsAnError()
    {
        byte[] file = FileOf(Good, 20);
        for (int length = 0; length < file.Length; length++) Assert.Single(ProblemsOf(file[..length]));
    }

    [Fact]
    public void AnIndexJoinsItsFiles()
    {
        using Workspace workspace = new();
        workspace.Write("a.safetensors", FileOf(Good, 20));
        workspace.Write("b.safetensors", FileOf("""{"c": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}""", 4));
        string index = workspace.Write("model.safetensors.index.json", """{"metadata": {}, "weight_map": {"b": "a.safetensors", "layers.4.a": "a.safetensors", "c": "b.safetensors"}}""");
        Assert.Equal(["b", "layers.4.a", "c"], ModelInput.Read(index).Stored.Select(tensor => tensor.Name));
    }

    [Theory]
    [InlineData("../a.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/a.safetensors")]
    [InlineData("..\\\\a.safetensors")]
    [InlineData("C:a")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\\u0000b")]
    public void FileNamesOfAnIndexArePlain(string file)
    {
        using Workspace workspace = new();
        Assert.Contains("expected a plain file name", Assert.Single(workspace.ProblemsOf($"{{\"weight_map\": {{\"w\": \"{file}\"}}}}")));
    }

    [Fact]
    public void AnIndexAndItsFilesMustAgree()
    {
        using Workspace workspace = new();
        workspace.Write("a.safetensors", FileOf(Good, 20));
        IReadOnlyList<string> problems = workspace.ProblemsOf("""{"weight_map": {"b": "a.safetensors", "x": "a.safetensors", "y": "gone.safetensors"}}""");
        Assert.Equal(3, problems.Count);
        Assert.Contains(problems, problem => problem.Contains("'x' is not in 'a.safetensors'", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("'layers.4.a' is not in the weight_map", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("'gone.safetensors', which is not there", StringComparison.Ordinal));
    }
}
