using System.Runtime.CompilerServices;
using System.Text.Json;
using ShardInit.Model;
using ShardInit.Storage;

namespace ShardInit.Core.Tests.Storage;

/// <summary>
/// Golden/arrow: two hand-made files and their values in tiny.json, seen to open in pyarrow 26, polars 2.1, DuckDB 2.0, nanoarrow 0.9, arrow-js 21 and
/// arrow-rs. Value buffers lie at multiples of 64 in one, of 4096 in the other.
/// </summary>
internal static class GoldenFiles
{
    public static string Folder { get; } = Path.Combine(Source(), "..", "Golden", "arrow");

    /// <summary>The repository's tests/readers.</summary>
    public static string Readers { get; } = Path.GetFullPath(Path.Combine(Source(), "..", "..", "readers"));

    public static string File(int alignment) => Path.Combine(Folder, $"tiny-align{alignment}.arrow");

    public static (TileHeader Header, byte[] Values, string Digest)[] Tiles()
    {
        using JsonDocument json = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(Folder, "tiny.json")));
        return [.. json.RootElement.GetProperty("tiles").EnumerateArray().Select(tile =>
        {
            DTypes.TryParse(tile.GetProperty("col").GetString()!.ToUpperInvariant(), out DType dtype);
            long[] global = Numbers(tile, "gshape"), start = Numbers(tile, "start"), shape = Numbers(tile, "shape");
            long first = 0;
            for (int axis = 0; axis < global.Length; axis++) first = (first * global[axis]) + start[axis];
            return (new TileHeader(tile.GetProperty("tensor").GetString()!, dtype, [.. global], [.. start], [.. shape], first),
                Convert.FromHexString(tile.GetProperty("values_hex").GetString()!), tile.GetProperty("digest").GetString()!);
        })];
    }

    private static long[] Numbers(JsonElement tile, string name) => [.. tile.GetProperty(name).EnumerateArray().Select(number => number.GetInt64())];

    private static string Source([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
