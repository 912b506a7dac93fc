using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>Builds index.arrow and manifest.json from plan.json and the committed files, and publishes or compares them.</summary>
/// <param name="known">Digests of files that need not be read again; they must still be there with their length.</param>
internal sealed class Sealer(FileOperations operations, string directory, Plan plan, string planDigest, IReadOnlyDictionary<int, FileDigests>? known = null)
{
    private string ManifestPath => Path.Combine(directory, CheckpointFiles.Manifest);
    private string IndexPath => Path.Combine(directory, CheckpointFiles.Index);

    /// <summary>A sound manifest of this plan and the index that it names are there. Reads neither shards nor the index.</summary>
    public bool IsSealed()
    {
        if (TryReadManifest() is not { } manifest || manifest.PlanId != plan.PlanId || manifest.PlanDigest != planDigest) return false;
        using SafeFileHandle? index = operations.TryOpenRead(IndexPath);
        return index is not null && RandomAccess.GetLength(index) == manifest.IndexSize;
    }

    /// <summary>
    /// A sound manifest that names another digest of plan.json says that plan.json was changed after sealing: sealing again would bless the change. Where writing
    /// the plan anew gives the sealed bytes, they are put back. A manifest of another plan is a stray one where files of this plan are there, and is left to be replaced.
    /// </summary>
    /// <param name="hasFiles">A shard of this plan is committed.</param>
    /// <returns>The digest of plan.json as it is now.</returns>
    public string RefuseChangedPlan(PlanCodec codec, bool hasFiles)
    {
        if (TryReadManifest() is not { } manifest || manifest.PlanDigest == planDigest || (manifest.PlanId != plan.PlanId && hasFiles)) return planDigest;
        byte[] written = codec.Write(plan);
        string path = Path.Combine(directory, CheckpointFiles.Plan);
        if (Digests.Sha256(written) != manifest.PlanDigest)
        {
            string whose = manifest.PlanId == plan.PlanId ? "" : $" (it was sealed as plan {manifest.PlanId}, this is plan {plan.PlanId})";
            throw new ShardFormatException(ShardFormatCode.DigestMismatch, path,
                $"expected {manifest.PlanDigest} by {CheckpointFiles.Manifest}, found {planDigest}{whose}; restore {CheckpointFiles.Plan} from a copy, or delete {CheckpointFiles.Manifest} to accept it as it is");
        }
        TemporaryFile.Publish(operations, directory, CheckpointFiles.Plan, written, replace: true);
        return planDigest = manifest.PlanDigest;
    }

    public void Seal(PlanGuard guard)
    {
        ImmutableArray<ManifestFile>.Builder files = ImmutableArray.CreateBuilder<ManifestFile>(plan.Files.Length);
        (long indexSize, string indexDigest) = PublishIndex(files);
        guard.RefuseAnotherPlan();
        WorkFiles.Delete(operations, directory, Leftovers.All);
        byte[] manifest = Describe(files.MoveToImmutable(), indexSize, indexDigest).ToBytes();
        byte[]? existing = TryReadManifestBytes();
        if (existing is not null && existing.AsSpan().SequenceEqual(manifest)) return;
        // Names of files that other processes published are made durable before the name that vouches for them.
        operations.FlushDirectory(directory);
        guard.RefuseAnotherPlan();
        bool replace = existing is not null;
        TemporaryFile.PublishRacing(
            () => TemporaryFile.Publish(operations, directory, CheckpointFiles.Manifest, manifest, replace),
            () =>
            {
                // What has the name and is not ours is replaced, also a link to nothing.
                existing = TryReadManifestBytes();
                replace = existing is null || !existing.AsSpan().SequenceEqual(manifest);
                return !replace;
            });
        try
        {
            // What processes that did not know yet have begun meanwhile.
            WorkFiles.Delete(operations, directory, Leftovers.All);
        }
        catch (IOException)
        {
            // Sealed is sealed; the next command that opens the directory for writing tries again.
        }
    }

    public Manifest Describe(ImmutableArray<ManifestFile> files, long indexSize, string indexDigest) => new()
    {
        Format = plan.Format,
        Spec = plan.Spec,
        PlanId = plan.PlanId,
        ValuesId = plan.ValuesId,
        PlanDigest = planDigest,
        IndexSize = indexSize,
        IndexDigest = indexDigest,
        Coverage = Coverage.Of(plan, Path.Combine(directory, CheckpointFiles.Plan)),
        Files = files,
    };

    /// <summary>Runs the index through <paramref name="sink"/>, reading each file's tile digests; tells size and digest.</summary>
    public (long Size, string Digest) BuildIndex(Action<byte[]> sink, Action<int, CommittedFile, ShardLayout> onFile)
    {
        long size = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IndexFile index = new(plan, bytes =>
        {
            hash.AppendData(bytes);
            size += bytes.Length;
            sink(bytes);
        });
        for (int file = 0; file < plan.Files.Length; file++)
        {
            ShardLayout layout = ShardLayout.Of(plan, file);
            CommittedFile committed = Committed(file, layout);
            onFile(file, committed, layout);
            // A damaged file has no digests to list; onFile has refused it or remembers that the result is no measure.
            if (committed.IsIntact) index.AddFile(file, layout, committed.TileDigests);
        }
        index.Finish();
        return (size, Digests.OfSha256(hash.GetHashAndReset()));
    }

    private CommittedFile Committed(int file, ShardLayout layout)
    {
        if (known is not null && known.TryGetValue(file, out FileDigests? digests) && operations.LengthOf(Path.Combine(directory, layout.FileName)) == layout.FileLength)
        {
            return new CommittedFile(CommittedState.Intact, null, "", digests.Tiles, digests.File);
        }
        return CommittedFile.Inspect(operations, directory, layout);
    }

    /// <summary>Describes the files, and publishes the index unless the right one is there.</summary>
    private (long Size, string Digest) PublishIndex(ImmutableArray<ManifestFile>.Builder files)
    {
        (long size, string digest, bool same) = CompareIndex((file, committed, layout) =>
        {
            if (!committed.IsIntact) throw new InvalidOperationException($"{layout.FileName}: not committed, so the directory cannot be sealed: {committed.Message}");
            files.Add(Manifest.Describe(plan, file, layout.FileLength, committed.FileDigest));
        });
        if (same) return (size, digest);
        bool replace = false;
        TemporaryFile.PublishRacing(() => WriteIndex(replace), () =>
        {
            bool there = IndexIs(size, digest);
            replace = !there;
            return there;
        });
        return (size, digest);
    }

    private bool WriteIndex(bool replace)
    {
        using TemporaryFile temporary = new(operations, directory, CheckpointFiles.Index);
        long offset = 0;
        BuildIndex(
            bytes =>
            {
                operations.Write(temporary.Handle, temporary.Path, bytes, offset);
                offset += bytes.Length;
            },
            (_, _, _) => { });
        if (!replace) return temporary.TryPublish();
        temporary.Replace();
        return true;
    }

    /// <summary>Rebuilds the index and compares it with index.arrow byte for byte.</summary>
    public (long Size, string Digest, bool Same) CompareIndex(Action<int, CommittedFile, ShardLayout> onFile)
    {
        using SafeFileHandle? existing = operations.TryOpenRead(IndexPath);
        long offset = 0;
        bool same = existing is not null;
        (long size, string digest) = BuildIndex(
            bytes =>
            {
                same = same && Holds(existing!, bytes, offset);
                offset += bytes.Length;
            },
            onFile);
        return (size, digest, same && RandomAccess.GetLength(existing!) == size);
    }

    /// <summary>index.arrow has this size and SHA-256.</summary>
    public bool IndexIs(long size, string digest)
    {
        using SafeFileHandle? file = operations.TryOpenRead(IndexPath);
        if (file is null || RandomAccess.GetLength(file) != size) return false;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        for (long offset = 0; offset < size; offset += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, size - offset));
            CommittedFile.ReadExactly(file, IndexPath, part, offset);
            hash.AppendData(part);
        }
        return Digests.OfSha256(hash.GetHashAndReset()) == digest;
    }

    private static bool Holds(SafeFileHandle file, byte[] expected, long offset)
    {
        byte[] found = new byte[expected.Length];
        for (int done = 0; done < found.Length;)
        {
            int count = RandomAccess.Read(file, found.AsSpan(done), offset + done);
            if (count == 0) return false;
            done += count;
        }
        return found.AsSpan().SequenceEqual(expected);
    }

    private byte[]? TryReadManifestBytes()
    {
        try
        {
            return SmallFile.TryRead(operations, ManifestPath, ManifestReader.MaxLength);
        }
        catch (Exception error) when (error is ShardFormatException or NoRegularFileException)
        {
            return []; // there, but nothing that we wrote
        }
    }

    /// <exception cref="ShardFormatException">A newer release has sealed the directory: what it wrote is not replaced.</exception>
    private Manifest? TryReadManifest()
    {
        byte[]? bytes = TryReadManifestBytes();
        if (bytes is null) return null;
        try
        {
            return ManifestReader.Read(bytes, ManifestPath);
        }
        catch (ShardFormatException error) when (!error.IsOfNewerRelease)
        {
            return null;
        }
    }
}
