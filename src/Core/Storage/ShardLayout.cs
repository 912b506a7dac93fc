using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>
/// Where everything stands in one shard file, from the plan alone: every offset, and every byte outside value buffers (docs/format.md).
/// The file is value buffers with <em>gaps</em> before, between and after them: gap t, for t = 0..<see cref="TileCount"/>, is what lies between the
/// values of tile t-1 and those of tile t. A gap's bytes depend on the plan and on the digest of tile t-1, its only content not known in advance.
/// </summary>
public sealed class ShardLayout
{
    /// <summary>Tiles of at least this many value bytes have their values at a multiple of <see cref="PageAlignment"/>.</summary>
    public const long LargeTileBytes = 1L << 20;
    public const int PageAlignment = 4096;
    public const int BufferAlignment = 64;

    private readonly TileHeader[] _tiles;
    private readonly Placement[] _places;
    private readonly ImmutableArray<DType> _columns;
    private readonly long _largeTileBytes;
    private readonly byte[] _opening;
    private readonly byte[] _closing;

    public string FileName { get; }
    public string DigestKind { get; }
    public long FileLength { get; }
    public int TileCount => _tiles.Length;

    private readonly record struct Placement(long Message, int MetadataLength, long Body, long BodyLength, long Values, long DigestText);

    /// <summary>The layout of file number <paramref name="file"/> of <paramref name="plan"/>.</summary>
    public static ShardLayout Of(Plan plan, int file)
    {
        ShardFile shard = plan.Files[file];
        TileHeader[] tiles = [.. shard.Tiles.Select(tile => TileHeader.Of(plan, tile))];
        return new ShardLayout(shard.Name, tiles, Metadata(plan, shard), plan.DigestKind, LargeTileBytes);
    }

    /// <summary>A layout of explicit tiles: what <see cref="Of"/> uses, for tools that rewrite files that no plan describes.</summary>
    /// <param name="largeTileBytes">Tiles of at least this many bytes are page-aligned.</param>
    public static ShardLayout OfTiles(
        string fileName, IEnumerable<TileHeader> tiles, IReadOnlyList<KeyValuePair<string, string>> metadata, string digestKind,
        long largeTileBytes = LargeTileBytes) => new(fileName, [.. tiles], metadata, digestKind, largeTileBytes);

    private ShardLayout(
        string fileName, TileHeader[] tiles, IReadOnlyList<KeyValuePair<string, string>> metadata, string digestKind, long largeTileBytes)
    {
        FileName = fileName;
        DigestKind = digestKind;
        _tiles = tiles;
        _largeTileBytes = largeTileBytes;
        _columns = [.. tiles.Select(tile => tile.DType).Distinct().Order()];
        FlatTable schema = ArrowSchema.OfShard(_columns, metadata);
        _opening = ArrowFraming.Opening(schema);
        _places = new Placement[tiles.Length];

        long end = _opening.Length;
        long[] blocks = new long[3 * tiles.Length];
        for (int tile = 0; tile < tiles.Length; tile++)
        {
            if (tiles[tile].ValueLength > TileHeader.MaxValueBytes)
            {
                throw new InvalidOperationException($"{fileName}: tile {tile} has {tiles[tile].ValueLength} value bytes, at most {TileHeader.MaxValueBytes} fit");
            }
            TileBody body = BodyOf(tile);
            int metadataLength = ArrowFraming.PaddedLength(Message(tile, body).Length, end, Alignment(tile));
            long bodyStart = checked(end + metadataLength);
            _places[tile] = new Placement(end, metadataLength, bodyStart, body.Length, bodyStart + body.Values, bodyStart + body.DigestText);
            (blocks[3 * tile], blocks[(3 * tile) + 1], blocks[(3 * tile) + 2]) = (end, metadataLength, body.Length);
            end = checked(bodyStart + body.Length);
        }
        _closing = ArrowFraming.Closing(schema, blocks);
        FileLength = checked(end + _closing.Length);
    }

    public TileHeader Tile(int tile) => _tiles[tile];

    /// <summary>File offset of the first value byte of a tile.</summary>
    public long ValueOffset(int tile) => _places[tile].Values;

    /// <summary>Value bytes of a tile, without padding.</summary>
    public long ValueLength(int tile) => _tiles[tile].ValueLength;

    /// <summary>File offset of the digest text of a tile, <see cref="Digests.TextLength"/> bytes.</summary>
    public long DigestOffset(int tile) => _places[tile].DigestText;

    /// <summary>File offset of a tile's record batch message.</summary>
    internal long MessageOffset(int tile) => _places[tile].Message;

    /// <summary>File offset behind a tile's record batch.</summary>
    internal long BodyEnd(int tile) => _places[tile].Body + _places[tile].BodyLength;

    public long GapOffset(int gap) => gap == 0 ? 0 : ValueOffset(gap - 1) + ValueLength(gap - 1);

    public int GapLength(int gap) => checked((int)((gap == TileCount ? FileLength : ValueOffset(gap)) - GapOffset(gap)));

    /// <summary>The bytes of a gap.</summary>
    /// <param name="previousDigest">Digest text of tile <paramref name="gap"/> - 1; not read for gap 0.</param>
    public byte[] Gap(int gap, string? previousDigest)
    {
        byte[] bytes = new byte[GapLength(gap)];
        long origin = GapOffset(gap);
        if (gap == 0) _opening.CopyTo(bytes, 0);
        else WriteBehindValues(gap - 1, previousDigest!, bytes, origin);
        if (gap == TileCount) _closing.CopyTo(bytes, bytes.Length - _closing.Length);
        else WriteBeforeValues(gap, bytes, origin);
        return bytes;
    }

    private void WriteBeforeValues(int tile, byte[] bytes, long origin)
    {
        Placement place = _places[tile];
        TileBody body = BodyOf(tile);
        ArrowFraming.WriteMessage(Message(tile, body), place.MetadataLength, bytes.AsSpan((int)(place.Message - origin)));
        body.Write(bytes, place.Body - origin, digest: null);
    }

    private void WriteBehindValues(int tile, string digest, byte[] bytes, long origin) => BodyOf(tile).Write(bytes, _places[tile].Body - origin, digest);

    private TileBody BodyOf(int tile) => TileBody.Of(_tiles[tile], _columns, Digests.TextLength(DigestKind), Alignment(tile));

    /// <summary>Of the body and of the values in it, so that they are aligned in the file and in a body read into aligned memory alike.</summary>
    private int Alignment(int tile) => _tiles[tile].ValueLength >= _largeTileBytes ? PageAlignment : BufferAlignment;

    private byte[] Message(int tile, TileBody body)
    {
        TileHeader header = _tiles[tile];
        KeyValuePair<string, string>[] metadata =
        [
            new("elements", string.Create(CultureInfo.InvariantCulture, $"{header.FirstElement}:{header.FirstElement + header.ElementCount}")),
            new("tensor", header.Tensor),
            new("tile", tile.ToString(CultureInfo.InvariantCulture)),
        ];
        return ArrowSchema.Message(ArrowSchema.HeaderRecordBatch, ArrowSchema.RecordBatch(1, body.Nodes, body.Buffers), body.Length, metadata);
    }

    /// <summary>Schema metadata of a shard: a function of what the plan's id covers, never of a path, a clock or a writer's version.</summary>
    private static KeyValuePair<string, string>[] Metadata(Plan plan, ShardFile shard) =>
    [
        new("digest", plan.DigestKind),
        new("format", plan.Format.ToString(CultureInfo.InvariantCulture)),
        new("group", shard.Group.ToString()),
        new("model", plan.Model),
        new("namespace", plan.Namespace),
        new("plan_id", plan.PlanId),
        new("seed", plan.Seed.ToString(CultureInfo.InvariantCulture)),
        new("spec", plan.Spec.ToString(CultureInfo.InvariantCulture)),
        new("tiles", shard.Tiles.Length.ToString(CultureInfo.InvariantCulture)),
        new("values_id", plan.ValuesId),
    ];
}
