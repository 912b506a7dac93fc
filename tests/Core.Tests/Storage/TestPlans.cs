using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Core.Tests.Storage;

/// <summary>Small plans put together by hand, so that the tests of storage need no planner: whole tensors, cut into row tiles, files as listed.</summary>
internal static class TestPlans
{
    private static readonly ConcurrentDictionary<string, Plan> s_known = new();

    /// <summary>plan.json of the tests: the id, a text outside it, and padding; reading looks the plan up.</summary>
    public static PlanCodec Codec { get; } = new(
        plan => Encoding.UTF8.GetBytes($$"""{"plan_id": "{{plan.PlanId}}", "recipe_text": "{{plan.RecipeText}}"}""" + "\n"),
        (bytes, path) =>
        {
            try
            {
                using JsonDocument json = JsonDocument.Parse(bytes);
                return s_known.TryGetValue(json.RootElement.GetProperty("plan_id").GetString()!, out Plan? plan) ? plan
                    : throw new ShardFormatException(ShardFormatCode.BadPlan, path, "unknown plan");
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new ShardFormatException(ShardFormatCode.BadJson, path, error.Message);
            }
        },
        (there, here) => there.Seed != here.Seed ? [$"seed: {there.Seed} there, {here.Seed} here"] : ["something else"]);

    /// <summary>Three files with every kind of tile: several dtypes, a scalar, a tensor without elements, tiles cut by rows.</summary>
    public static Plan Small(ulong seed = 7, string digest = "crc32", long tileBytes = 64) => Of(seed, digest, tileBytes,
        ("embedding.weight", DType.BF16, [10, 6], LayerGroup.Embedding),
        ("layers.0.weight", DType.BF16, [7, 5], LayerGroup.OfLayer(0)),
        ("layers.0.scale", DType.F32, [], LayerGroup.OfLayer(0)),
        ("layers.0.empty", DType.BF16, [0, 4], LayerGroup.OfLayer(0)),
        ("layers.0.half", DType.F16, [3, 4], LayerGroup.OfLayer(0)),
        ("norm.weight", DType.F32, [9], LayerGroup.Head),
        ("steps", DType.I64, [2], LayerGroup.Head),
        ("mask", DType.BOOL, [5], LayerGroup.Head),
        ("wide.f8", DType.F8_E4M3, [3, 100], LayerGroup.Head));

    /// <summary>No half floats, which one of the other readers refuses.</summary>
    public static Plan Portable(ulong seed = 7, long tileBytes = 64) => Of(seed, "crc32", tileBytes,
        ("a.weight", DType.BF16, [7, 5], LayerGroup.OfLayer(0)),
        ("b.scalar", DType.F32, [], LayerGroup.OfLayer(0)),
        ("c.empty", DType.BF16, [0, 4], LayerGroup.OfLayer(0)),
        ("d.f8", DType.F8_E5M2, [3, 100], LayerGroup.OfLayer(0)),
        ("e.i64", DType.I64, [4], LayerGroup.OfLayer(0)),
        ("f.f64", DType.F64, [2, 2], LayerGroup.OfLayer(0)),
        ("g.mask", DType.BOOL, [6], LayerGroup.OfLayer(0)));

    /// <summary>One file whose tiles are large enough for page alignment and direct writes, with tails off the page.</summary>
    public static Plan Large(long tileBytes = 3 << 20) => Of(3, "crc32", tileBytes,
        ("big.weight", DType.BF16, [2050, 1031], LayerGroup.OfLayer(0)),
        ("norm.weight", DType.F32, [1000], LayerGroup.OfLayer(0)),
        ("other.weight", DType.F32, [1 << 19], LayerGroup.OfLayer(0)));

    public static Plan Of(ulong seed, string digest, long tileBytes, params (string Name, DType DType, long[] Shape, LayerGroup Group)[] tensors)
    {
        tensors = [.. tensors.OrderBy(tensor => Convert.ToHexString(Encoding.UTF8.GetBytes(tensor.Name)), StringComparer.Ordinal)];
        ImmutableArray<LogicalTensor> logical = [.. tensors.Select(tensor => new LogicalTensor(tensor.Name, new Shape(tensor.Shape), new Normal(0, 0.02), [], "test"))];
        ImmutableArray<StoredTensor> stored = [.. tensors.Select((tensor, index) => new StoredTensor(
            tensor.Name, tensor.DType, new Shape(tensor.Shape), null, !tensor.DType.IsFloat(), tensor.Group, [Part.Whole(index, new Shape(tensor.Shape))]))];
        ImmutableArray<ShardFile> files = [.. stored.Select((tensor, index) => (tensor, index)).GroupBy(pair => pair.tensor.Group).OrderBy(group => group.Key)
            .Select((group, number) => new ShardFile($"{group.Key.ToString().Replace(' ', '-')}.g0.arrow", group.Key, [.. group.SelectMany(pair => Cut(pair.tensor, pair.index, tileBytes))]))];
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{seed} {digest} {tileBytes} {string.Join(';', tensors.Select(t => $"{t.Name} {t.DType} {string.Join(',', t.Shape)} {t.Group}"))}")));
        Plan plan = new()
        {
            Spec = 1, Format = 1, Seed = seed, Namespace = "", Model = "TestModel", Recipe = "test@1", StorageFormat = "arrow", DigestKind = digest,
            ShardBytes = 1 << 30, TileBytes = tileBytes, Logical = logical, Tensors = stored, Files = files,
            Tied = ImmutableSortedDictionary<string, string>.Empty.Add("head.weight", tensors[0].Name), RecipeText = "rules: []",
            ValuesId = new string('a', 64), PlanId = id,
        };
        return s_known.GetOrAdd(id, plan);
    }

    private static IEnumerable<Tile> Cut(StoredTensor tensor, int index, long tileBytes)
    {
        Shape shape = tensor.Shape;
        if (shape.Rank == 0 || shape.ElementCount == 0)
        {
            yield return new Tile(index, [.. shape.Dims.Select(_ => 0L)], shape.Dims, 0, shape.ElementCount);
            yield break;
        }
        long rowElements = shape.ElementCount / shape[0];
        long rows = Math.Max(1, tileBytes / (rowElements * tensor.DType.ByteSize()));
        for (long row = 0; row < shape[0]; row += rows)
        {
            long count = Math.Min(rows, shape[0] - row);
            yield return new Tile(index, [row, .. shape.Dims.Skip(1).Select(_ => 0L)], [count, .. shape.Dims.Skip(1)], row * rowElements, count * rowElements);
        }
    }
}

/// <summary>Values that are a function of (tensor, byte): enough to tell every tile and every position apart.</summary>
internal sealed class FakeSource(Plan plan) : ITileSource
{
    public Plan Plan => plan;

    public void Fill(int tensor, long firstElement, long elementCount, Span<byte> destination)
    {
        int size = plan.Tensors[tensor].DType.ByteSize();
        if (destination.Length != elementCount * size) throw new ArgumentException("wrong length", nameof(destination));
        ulong first = (ulong)(firstElement * size);
        for (int index = 0; index < destination.Length; index++) destination[index] = ByteAt(tensor, first + (ulong)index);
    }

    public static byte ByteAt(int tensor, ulong position)
    {
        ulong mixed = ((ulong)tensor + 1) * 0x9E3779B97F4A7C15 ^ (position * 0xD1B54A32D192ED03);
        return (byte)((mixed ^ (mixed >> 29)) >> 8);
    }

    /// <summary>All bytes of a stored tensor.</summary>
    public byte[] Tensor(int tensor)
    {
        byte[] bytes = new byte[plan.Tensors[tensor].ByteLength];
        Fill(tensor, 0, plan.Tensors[tensor].Shape.ElementCount, bytes);
        return bytes;
    }
}

/// <summary>A directory of its own, deleted at the end.</summary>
internal sealed class TestDirectory : IDisposable
{
    /// <param name="inMemory">Where the system has a memory file system: for tests that write thousands of small files.</param>
    public TestDirectory(bool inMemory = false)
    {
        string parent = inMemory && Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, $"shardinit-test-{Guid.NewGuid():N}")).FullName;
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Write(Plan plan, FileOperations? operations = null)
    {
        using CheckpointWriter writer = CheckpointWriter.Open(Path, plan, TestPlans.Codec, operations ?? FileOperations.System);
        WriteMissing(writer);
        writer.Seal();
    }

    public static void WriteMissing(CheckpointWriter writer)
    {
        using TileBuffer buffer = new(1 << 20);
        FakeSource source = new(writer.Plan);
        foreach (int file in writer.MissingFiles)
        {
            using ShardFileWriter shard = writer.Begin(file);
            for (int tile = 0; tile < shard.Layout.TileCount; tile++) shard.WriteTile(tile, source, buffer);
            shard.Commit();
        }
    }

    /// <summary>
    /// Every file with its bytes as a hash, in order of name. Read without a lock: a process that another test starts holds for a moment, between fork and exec, the locks of
    /// files that are open here, and the file API of .NET refuses to open those.
    /// </summary>
    public string[] Listing() => [.. Directory.EnumerateFiles(Path).Order(StringComparer.Ordinal)
        .Select(path => $"{System.IO.Path.GetFileName(path)} {Convert.ToHexStringLower(SHA256.HashData(SmallFile.TryRead(FileOperations.System, path, long.MaxValue)!))}")];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
