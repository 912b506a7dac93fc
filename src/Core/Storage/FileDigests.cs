using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>The digests of one committed shard file, all that sealing needs of it. Packed: a plan may have a hundred thousand tiles, and a text takes ten times as much memory.</summary>
internal sealed class FileDigests : IEquatable<FileDigests>
{
    private readonly string _kind;
    private readonly byte[] _packed;

    private FileDigests(string kind, byte[] packed) => (_kind, _packed) = (kind, packed);

    public int TileCount => (_packed.Length / Digests.ByteLength(_kind)) - 1;

    public string File => Text(0);

    public string[] Tiles => [.. Enumerable.Range(1, TileCount).Select(Text)];

    public string Tile(int tile) => Text(tile + 1);

    /// <param name="tiles">One text per tile, in file order.</param>
    public static FileDigests Of(string kind, string file, IReadOnlyList<string> tiles)
    {
        int length = Digests.ByteLength(kind);
        byte[] packed = new byte[(tiles.Count + 1) * length];
        Digests.Pack(kind, file, packed);
        for (int tile = 0; tile < tiles.Count; tile++) Digests.Pack(kind, tiles[tile], packed.AsSpan((tile + 1) * length));
        return new FileDigests(kind, packed);
    }

    /// <summary>The kind, a colon, the digest of the file and those of its tiles as one run of hex digits: for messages between machines.</summary>
    public string ToText() => $"{_kind}:{Convert.ToHexStringLower(_packed)}";

    /// <summary>Null where the text is no <see cref="ToText"/> of this file of the plan.</summary>
    public static FileDigests? TryParse(Plan plan, int file, string text)
    {
        int length = (plan.Files[file].Tiles.Length + 1) * Digests.ByteLength(plan.DigestKind);
        int start = plan.DigestKind.Length + 1;
        if (text.Length != start + (2 * length) || !text.StartsWith(plan.DigestKind + ":", StringComparison.Ordinal)) return null;
        byte[] packed = new byte[length];
        return Convert.FromHexString(text.AsSpan(start), packed, out _, out int written) == System.Buffers.OperationStatus.Done && written == length ? new FileDigests(plan.DigestKind, packed) : null;
    }

    public static FileDigests Of(Plan plan, CommittedFile file) => Of(plan.DigestKind, file.FileDigest, file.TileDigests);

    public bool Equals(FileDigests? other) => other is not null && _kind == other._kind && _packed.AsSpan().SequenceEqual(other._packed);

    public override bool Equals(object? obj) => Equals(obj as FileDigests);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_packed);
        return hash.ToHashCode();
    }

    private string Text(int index) => Digests.Unpack(_kind, _packed.AsSpan(index * Digests.ByteLength(_kind), Digests.ByteLength(_kind)));
}
