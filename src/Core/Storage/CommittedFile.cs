using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>
/// What a shard file holds outside its value buffers, compared with the layout: size, every byte of every gap, the recorded tile digests and the file
/// digest that follows from them. Reads no values, so damage in them stays for <see cref="ShardVerifier"/> to find.
/// </summary>
internal sealed record CommittedFile(CommittedState State, int? Tile, string Message, string[] TileDigests, string FileDigest)
{
    public bool IsIntact => State == CommittedState.Intact;

    public static CommittedFile Inspect(FileOperations operations, string directory, ShardLayout layout)
    {
        string path = Path.Combine(directory, layout.FileName);
        try
        {
            using SafeFileHandle? file = operations.TryOpenRead(path);
            return file is null ? Damaged(CommittedState.Missing, null, "the file is missing") : Inspect(file, path, layout);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be read is not committed: writing it anew either mends it or meets the same error.
            return Damaged(CommittedState.Broken, null, error.Message);
        }
    }

    public static CommittedFile Inspect(SafeFileHandle file, string path, ShardLayout layout)
    {
        long length = RandomAccess.GetLength(file);
        if (length != layout.FileLength)
        {
            return Damaged(CommittedState.WrongSize, null, $"expected {layout.FileLength} bytes, found {length}");
        }
        string[] digests = new string[layout.TileCount];
        using FileHasher hasher = new(layout.DigestKind);
        for (int gap = 0; gap <= layout.TileCount; gap++)
        {
            byte[] found = new byte[layout.GapLength(gap)];
            ReadExactly(file, path, found, layout.GapOffset(gap));
            if (gap > 0)
            {
                int at = (int)(layout.DigestOffset(gap - 1) - layout.GapOffset(gap));
                string digest = Encoding.Latin1.GetString(found, at, Digests.TextLength(layout.DigestKind));
                if (!Digests.IsText(layout.DigestKind, digest))
                {
                    return Damaged(CommittedState.Broken, gap - 1, $"the digest of tile {gap - 1} at byte {layout.DigestOffset(gap - 1)} is no {layout.DigestKind} digest");
                }
                digests[gap - 1] = digest;
                hasher.AppendValues(digest, layout.ValueLength(gap - 1));
            }
            byte[] expected = layout.Gap(gap, gap > 0 ? digests[gap - 1] : null);
            int same = found.AsSpan().CommonPrefixLength(expected);
            if (same < expected.Length)
            {
                return Damaged(CommittedState.Broken, TileAt(layout, gap, same),
                    $"byte {layout.GapOffset(gap) + same} outside values: expected 0x{expected[same]:x2} by the plan, found 0x{found[same]:x2}");
            }
            hasher.AppendOutside(found);
        }
        return new CommittedFile(CommittedState.Intact, null, "", digests, hasher.Finish());
    }

    internal static void ReadExactly(SafeFileHandle file, string path, Span<byte> destination, long offset)
    {
        for (int done = 0; done < destination.Length;)
        {
            int count = RandomAccess.Read(file, destination[done..], offset + done);
            if (count == 0) throw FileErrors.ShortRead(path, offset, destination.Length);
            done += count;
        }
    }

    /// <summary>The tile whose record batch holds byte <paramref name="position"/> of a gap; null for schema and footer.</summary>
    private static int? TileAt(ShardLayout layout, int gap, int position)
    {
        long offset = layout.GapOffset(gap) + position;
        if (gap < layout.TileCount && offset >= layout.MessageOffset(gap)) return gap;
        return gap > 0 && offset < layout.BodyEnd(gap - 1) ? gap - 1 : null;
    }

    private static CommittedFile Damaged(CommittedState state, int? tile, string message) => new(state, tile, message, [], "");
}

internal enum CommittedState { Intact, Missing, WrongSize, Broken }
