using System.Globalization;
using System.Security.Cryptography;

namespace ShardInit.Storage;

/// <summary>The digest kinds of a plan and their text form: <c>crc32:</c> + 8 or <c>sha256:</c> + 64 lower-case hex digits.</summary>
public static class Digests
{
    public const string Crc32Kind = "crc32";
    public const string Sha256Kind = "sha256";

    /// <summary>Length of a digest text in bytes.</summary>
    public static int TextLength(string kind) => kind switch
    {
        Crc32Kind => 6 + 8,
        Sha256Kind => 7 + 64,
        _ => throw new ArgumentException($"unknown digest kind '{kind}': crc32 and sha256 are known", nameof(kind)),
    };

    public static string OfCrc32(uint crc) => "crc32:" + crc.ToString("x8", CultureInfo.InvariantCulture);

    public static string OfSha256(ReadOnlySpan<byte> hash) => "sha256:" + Convert.ToHexStringLower(hash);

    /// <summary>SHA-256 of a whole small file (plan, index, manifest).</summary>
    public static string Sha256(ReadOnlySpan<byte> bytes) => OfSha256(SHA256.HashData(bytes));

    /// <summary>Digest of a tile's value bytes.</summary>
    public static string Compute(string kind, ReadOnlySpan<byte> bytes) =>
        TextLength(kind) == TextLength(Crc32Kind) ? OfCrc32(Crc32.Compute(bytes)) : Sha256(bytes);

    /// <summary>True for a text that a writer of this kind can have written.</summary>
    public static bool IsText(string kind, ReadOnlySpan<char> text)
    {
        if (text.Length != TextLength(kind) || !text.StartsWith(kind) || text[kind.Length] != ':') return false;
        foreach (char letter in text[(kind.Length + 1)..])
        {
            if (!char.IsAsciiHexDigitLower(letter)) return false;
        }
        return true;
    }

    /// <summary>Kind of a digest text of either kind; null when it is none.</summary>
    public static string? KindOf(string text) =>
        IsText(Crc32Kind, text) ? Crc32Kind : IsText(Sha256Kind, text) ? Sha256Kind : null;

    /// <summary>Bytes of a digest itself.</summary>
    internal static int ByteLength(string kind) => TextLength(kind) == TextLength(Crc32Kind) ? sizeof(uint) : SHA256.HashSizeInBytes;

    /// <summary>The bytes that the digits of a digest text stand for, in the order of the digits.</summary>
    internal static void Pack(string kind, string text, Span<byte> destination)
    {
        if (Convert.FromHexString(text.AsSpan(kind.Length + 1), destination, out _, out int count) != System.Buffers.OperationStatus.Done || count != ByteLength(kind))
        {
            throw new ArgumentException($"'{text}' is no {kind} digest", nameof(text));
        }
    }

    internal static string Unpack(string kind, ReadOnlySpan<byte> bytes) => $"{kind}:{Convert.ToHexStringLower(bytes)}";

    internal static uint Crc32Of(string text) => uint.Parse(text.AsSpan(6), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

/// <summary>Digest of one tile while its bytes go by.</summary>
internal sealed class TileHasher(string kind) : IDisposable
{
    private readonly IncrementalHash? _sha = kind == Digests.Sha256Kind ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private uint _crc;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_sha is null) _crc = Crc32.Append(_crc, bytes);
        else _sha.AppendData(bytes);
    }

    /// <summary>The digest text; the hasher is then as new.</summary>
    public string Finish()
    {
        if (_sha is not null) return Digests.OfSha256(_sha.GetHashAndReset());
        string text = Digests.OfCrc32(_crc);
        _crc = 0;
        return text;
    }

    public void Dispose() => _sha?.Dispose();
}

/// <summary>
/// Digest of a shard file from its parts in file order. crc32: CRC-32 of the whole file, value buffers by their recorded CRC;
/// sha256: SHA-256 of the bytes outside value buffers, which hold the tile digests.
/// </summary>
internal sealed class FileHasher(string kind) : IDisposable
{
    private readonly TileHasher _outside = new(kind);
    private readonly bool _combine = kind == Digests.Crc32Kind;
    private uint _crc;

    public void AppendOutside(ReadOnlySpan<byte> bytes)
    {
        if (_combine) _crc = Crc32.Append(_crc, bytes);
        else _outside.Append(bytes);
    }

    public void AppendValues(string tileDigest, long byteLength)
    {
        if (_combine) _crc = Crc32.Combine(_crc, Digests.Crc32Of(tileDigest), byteLength);
    }

    public string Finish() => _combine ? Digests.OfCrc32(_crc) : _outside.Finish();

    public void Dispose() => _outside.Dispose();
}
