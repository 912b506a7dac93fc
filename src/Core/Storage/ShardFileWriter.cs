using Microsoft.Win32.SafeHandles;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Model;

namespace ShardInit.Storage;

/// <summary>
/// Writes one shard file under a temporary name, tiles in any order and from any number of threads, then publishes it. Cost: every byte is generated,
/// summed while in cache, and written once; memory is the caller's buffers. Expected time is bytes over the slower of generator and disk.
/// </summary>
public sealed class ShardFileWriter : IDisposable
{
    /// <summary>Generated and summed at a time: stays in a core's own cache.</summary>
    private const int PieceLength = 256 << 10;

    private readonly FileOperations _operations;
    private readonly string _directory;
    private readonly int _file;
    private readonly bool _replace;
    private readonly PlanGuard _guard;
    private readonly TemporaryFile _temporary;
    private readonly SafeFileHandle? _direct;
    private readonly string?[] _digests;
    private volatile bool _directWorks;
    private bool _committed;

    public ShardLayout Layout { get; }

    /// <summary>The digest of the file, after <see cref="Commit"/>.</summary>
    public string? FileDigest { get; private set; }

    /// <summary>After <see cref="Commit"/>: nobody had published the file before.</summary>
    public bool IsFirst { get; private set; }

    /// <summary>What sealing needs of the file, after <see cref="Commit"/>.</summary>
    internal FileDigests Committed => FileDigests.Of(Layout.DigestKind, FileDigest!, _digests!);

    internal ShardFileWriter(FileOperations operations, string directory, ShardLayout layout, int file, bool replace, PlanGuard guard)
    {
        _operations = operations;
        _directory = directory;
        _file = file;
        _replace = replace;
        _guard = guard;
        Layout = layout;
        _digests = new string?[layout.TileCount];
        _temporary = new TemporaryFile(operations, directory, layout.FileName);
        try
        {
            operations.Reserve(_temporary.Handle, _temporary.Path, layout.FileLength);
            _direct = operations.TryOpenDirect(_temporary.Path);
            _directWorks = _direct is not null;
        }
        catch
        {
            _temporary.Dispose();
            throw;
        }
    }

    /// <summary>Generates one tile through <paramref name="buffer"/> and writes it. Safe for concurrent use with different tiles and buffers.</summary>
    public void WriteTile(int tile, ITileSource source, TileBuffer buffer)
    {
        int tensor = source.Plan.Files[_file].Tiles[tile].Tensor;
        TileHeader header = Layout.Tile(tile);
        int elementLength = header.DType.ByteSize();
        long start = Layout.ValueOffset(tile);
        long length = Layout.ValueLength(tile);
        using TileHasher hasher = new(Layout.DigestKind);
        Span<byte> bytes = buffer.Bytes;
        for (long done = 0; done < length;)
        {
            int chunk = (int)Math.Min(length - done, bytes.Length);
            for (int filled = 0; filled < chunk;)
            {
                Span<byte> piece = bytes.Slice(filled, Math.Min(chunk - filled, PieceLength));
                source.Fill(tensor, header.FirstElement + ((done + filled) / elementLength), piece.Length / elementLength, piece);
                hasher.Append(piece);
                filled += piece.Length;
            }
            WriteChunk(bytes[..chunk], start + done);
            done += chunk;
        }
        if (Interlocked.Exchange(ref _digests[tile], hasher.Finish()) is not null)
        {
            throw new InvalidOperationException($"{Layout.FileName}: tile {tile} was written twice");
        }
    }

    /// <summary>Whole pages past the cache where the file lies on them, the rest through it.</summary>
    private void WriteChunk(ReadOnlySpan<byte> bytes, long offset)
    {
        if (_directWorks && offset % ShardLayout.PageAlignment == 0)
        {
            int whole = bytes.Length / ShardLayout.PageAlignment * ShardLayout.PageAlignment;
            if (whole > 0)
            {
                if (_operations.TryWriteDirect(_direct!, _temporary.Path, bytes[..whole], offset)) bytes = bytes[whole..];
                else { _directWorks = false; whole = 0; }
            }
            offset += whole;
        }
        if (bytes.Length > 0) _operations.Write(_temporary.Handle, _temporary.Path, bytes, offset);
    }

    /// <summary>
    /// Writes everything outside the values, flushes, publishes under the final name without replacing, flushes the directory. Another process having
    /// published the same file meanwhile is no error: equal plans give equal bytes.
    /// </summary>
    /// <exception cref="IOException">The file could not be made durable; nothing is under its final name, and the work must be done again.</exception>
    /// <exception cref="PlanException">The directory was removed and made anew for another plan.</exception>
    public void Commit()
    {
        if (_committed) throw new InvalidOperationException($"{Layout.FileName}: committed already");
        int missing = Array.IndexOf(_digests, null);
        if (missing >= 0) throw new InvalidOperationException($"{Layout.FileName}: tile {missing} was not written");

        using FileHasher hasher = new(Layout.DigestKind);
        for (int gap = 0; gap <= Layout.TileCount; gap++)
        {
            string? digest = gap > 0 ? _digests[gap - 1] : null;
            if (digest is not null) hasher.AppendValues(digest, Layout.ValueLength(gap - 1));
            byte[] bytes = Layout.Gap(gap, digest);
            hasher.AppendOutside(bytes);
            _operations.Write(_temporary.Handle, _temporary.Path, bytes, Layout.GapOffset(gap));
        }
        long length = RandomAccess.GetLength(_temporary.Handle);
        if (length != Layout.FileLength)
        {
            throw new ShardFormatException(ShardFormatCode.Truncated, _temporary.Path, $"expected {Layout.FileLength} bytes before publishing, found {length}");
        }
        FileDigest = hasher.Finish();
        Publish();
        _committed = true;
    }

    /// <summary>
    /// An error of <see cref="Commit"/> says only that somebody else has sealed meanwhile and cleared the unfinished file away. Without replacing that is no error at all;
    /// with it the file has to be written again, for a sealer looks at frames and not at values.
    /// </summary>
    internal bool IsClearedAway(IOException error) => error.HResult == Errno.ENOENT && !_temporary.IsPublished && _operations.LengthOf(_temporary.Path) is null;

    private void Publish()
    {
        _guard.RefuseAnotherPlan();
        if (_replace)
        {
            _temporary.Replace();
            return;
        }
        try
        {
            IsFirst = _temporary.TryPublish();
            if (IsFirst) return;
        }
        catch (IOException) when (!_temporary.IsPublished && IsPublishedByAnother())
        {
            // Sealed by another process, which removed this file as no longer needed; or a network file system that reported an error for a rename that happened.
            _operations.FlushDirectory(_directory);
            return;
        }
        if (IsPublishedByAnother())
        {
            _operations.FlushDirectory(_directory);
            return;
        }
        // Only what nobody wants is replaced: this process may have been stopped since the last look.
        _guard.RefuseAnotherPlan();
        _temporary.Replace();
    }

    /// <exception cref="ShardFormatException">Another process has published other values: one of the two machines computes wrongly.</exception>
    private bool IsPublishedByAnother()
    {
        CommittedFile found = CommittedFile.Inspect(_operations, _directory, Layout);
        if (found.IsIntact && !FileDigests.Of(Layout.DigestKind, found.FileDigest, found.TileDigests).Equals(Committed))
        {
            throw new ShardFormatException(ShardFormatCode.DigestMismatch, Path.Combine(_directory, Layout.FileName),
                $"another process has published {found.FileDigest}, here the same file came out as {FileDigest}: one of the two machines computes wrongly; 'verify --values' on a third says which");
        }
        return found.IsIntact;
    }

    public void Dispose()
    {
        _direct?.Dispose();
        _temporary.Dispose();
    }
}
