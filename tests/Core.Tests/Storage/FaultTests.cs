using Microsoft.Win32.SafeHandles;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>
/// The k-th system call fails, for every k of a whole run and every error that a disk gives: nothing damaged is ever under a final name, the
/// message is clear, and running again ends in the bytes of an undisturbed run.
/// </summary>
public class FaultTests
{
    [SkippableTheory]
    [InlineData(Errno.ENOSPC, "no space left", false)]
    [InlineData(Errno.EIO, "input/output error", false)]
    [InlineData(Errno.EACCES, "permission denied", false)]
    [InlineData(Errno.ENOSPC, "no space left", true)]
    public void Every_failing_call_is_survived(int error, string message, bool large)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the crash-safety promise is for Linux");
        // Large tiles go past the page cache in several writes each.
        Plan plan = large ? TestPlans.Large() : TestPlans.Small();
        using TestDirectory quiet = new(inMemory: true);
        FaultyOperations counter = new(failAt: -1, error);
        quiet.Write(plan, counter);
        string[] expected = quiet.Listing();
        Assert.True(counter.Calls > 20, $"{counter.Calls} calls");

        int thrown = 0;
        for (int call = 0; call < counter.Calls; call++)
        {
            using TestDirectory directory = new(inMemory: true);
            FaultyOperations faulty = new(call, error);
            IOException? failure = Record.Exception(() => directory.Write(plan, faulty)) as IOException;
            Assert.True(faulty.Failed is not null, $"call {call} was not reached");
            if (failure is not null)
            {
                thrown++;
                Assert.Contains(message, failure.Message, StringComparison.Ordinal);
                Assert.Contains(directory.Path, failure.Message, StringComparison.Ordinal);
            }
            AssertNothingDamaged(directory, plan, $"call {call} ({faulty.Failed})");
            directory.Write(plan);
            Assert.Equal(expected, directory.Listing());
        }
        // Only deleting what is left over may fail unnoticed: the next run deletes it.
        Assert.True(thrown > 0.9 * counter.Calls, $"{thrown} of {counter.Calls}");
    }

    [SkippableFact]
    public void A_failed_flush_is_not_tried_again_on_the_same_file()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the crash-safety promise is for Linux");
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new(inMemory: true);
        directory.Write(plan);
        File.Delete(directory.File("head.g0.arrow"));
        FaultyOperations faulty = new(failAt: -1, Errno.EIO) { FailFlushOf = "head.g0.arrow" };
        using (CheckpointWriter writer = CheckpointWriter.Open(directory.Path, TestPlans.Codec, faulty))
        {
            Assert.Throws<IOException>(() => TestDirectory.WriteMissing(writer));
        }
        Assert.Equal(1, faulty.FailedFlushes);
        Assert.False(File.Exists(directory.File("head.g0.arrow")));
        Assert.DoesNotContain(Directory.GetFiles(directory.Path), path => Path.GetFileName(path).StartsWith(".tmp-", StringComparison.Ordinal));
    }

    /// <summary>A file system without direct writes, or one that refuses them in the middle of a tile: the same files.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Refused_direct_writes_go_through_the_cache(int accepted)
    {
        Plan plan = TestPlans.Large();
        using TestDirectory quiet = new(), directory = new();
        quiet.Write(plan);
        FaultyOperations stubborn = new(failAt: -1, 0) { DirectWritesAccepted = accepted };
        directory.Write(plan, stubborn);
        Assert.Equal(quiet.Listing(), directory.Listing());
        FaultyOperations without = new(failAt: -1, 0) { HasDirect = false };
        using TestDirectory plain = new();
        plain.Write(plan, without);
        Assert.Equal(quiet.Listing(), plain.Listing());
    }

    /// <summary>Every file under a final name is whole; a manifest, if there, vouches for a sound directory.</summary>
    private static void AssertNothingDamaged(TestDirectory directory, Plan plan, string context)
    {
        FakeSource source = new(plan);
        using TileBuffer buffer = new(1 << 16);
        for (int file = 0; file < plan.Files.Length; file++)
        {
            if (!File.Exists(directory.File(plan.Files[file].Name))) continue;
            Assert.True(ShardVerifier.VerifyFile(directory.Path, plan, file, null, source, buffer, CancellationToken.None).Count == 0, context);
        }
        if (!File.Exists(directory.File("manifest.json"))) return;
        Assert.True(ShardVerifierTests.Verify(directory, plan, values: true).All(defect => defect.Kind == DefectKinds.LeftoverTemporary), context);
    }
}

/// <summary>Real operations, one of which fails.</summary>
internal sealed class FaultyOperations(int failAt, int error) : FileOperations
{
    private static readonly FileOperations s_real = System;
    private int _calls;

    public int Calls => _calls;
    public string? Failed { get; private set; }
    public string? FailFlushOf { get; init; }
    public int FailedFlushes { get; private set; }
    public bool HasDirect { get; init; } = true;
    public int DirectWritesAccepted { get; set; } = int.MaxValue;

    public override SafeFileHandle? TryOpenDirect(string path) => HasDirect ? s_real.TryOpenDirect(path) : null;
    public override SafeFileHandle? TryOpenRead(string path) => s_real.TryOpenRead(path);
    public override SafeFileHandle? TryOpenReadDirect(string path) => s_real.TryOpenReadDirect(path);
    public override SafeFileHandle? TryOpenAbandoned(string path) => s_real.TryOpenAbandoned(path);
    public override bool TryLock(SafeFileHandle file) => s_real.TryLock(file);

    public override SafeFileHandle CreateNew(string path) { Count("create", path); return s_real.CreateNew(path); }
    public override void Reserve(SafeFileHandle file, string path, long length) { Count("reserve", path); s_real.Reserve(file, path, length); }

    // The middle of a write fails: some bytes are there, as on a full disk.
    public override void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        if (_calls == failAt) s_real.Write(file, path, bytes[..(bytes.Length / 2)], offset);
        Count("write", path);
        s_real.Write(file, path, bytes, offset);
    }

    public override bool TryWriteDirect(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        Count("write", path);
        // A refusal promises nothing: half of the bytes may be there.
        if (DirectWritesAccepted-- > 0) return s_real.TryWriteDirect(file, path, bytes, offset);
        s_real.TryWriteDirect(file, path, bytes[..(bytes.Length / 8192 * 4096)], offset);
        return false;
    }

    public override void Flush(SafeFileHandle file, string path)
    {
        if (FailFlushOf is not null && path.Contains(FailFlushOf, StringComparison.Ordinal))
        {
            FailedFlushes++;
            throw FileErrors.Failed(error, "flush", path);
        }
        Count("flush", path);
        s_real.Flush(file, path);
    }

    public override bool TryPublish(string temporary, string final) { Count("publish", final); return s_real.TryPublish(temporary, final); }
    public override void Replace(string temporary, string final) { Count("replace", final); s_real.Replace(temporary, final); }
    public override void Delete(string path) { Count("delete", path); s_real.Delete(path); }
    public override void FlushDirectory(string directory) { Count("flush", directory); s_real.FlushDirectory(directory); }

    private void Count(string doing, string path)
    {
        if (Interlocked.Increment(ref _calls) - 1 != failAt) return;
        Failed = $"{doing} {path}";
        throw FileErrors.Failed(error, doing, path);
    }
}
