using System.Text;
using Microsoft.Win32.SafeHandles;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>One holder at a time on one machine; a dead holder's claim goes to the next; another machine's is never taken.</summary>
public sealed class ClaimTests : IDisposable
{
    private const string Name = "head.g0.arrow";

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string File => _directory.File(WorkFiles.Claim(Name));

    private Claim? TryTake(FileOperations? operations = null) => Claim.TryTake(operations ?? FileOperations.System, _directory.Path, Name);

    [Fact]
    public void Whoever_is_first_has_it_until_he_lets_go()
    {
        using (Claim? first = TryTake())
        {
            Assert.NotNull(first);
            Assert.Null(TryTake());
            using Claim? other = Claim.TryTake(FileOperations.System, _directory.Path, "embedding.g0.arrow");
            Assert.NotNull(other);
        }
        Assert.Empty(Directory.GetFiles(_directory.Path));
        using Claim? second = TryTake();
        Assert.NotNull(second);
    }

    /// <summary>Claims are advice: whatever cannot be read as one counts as somebody's, and is waited for and passed by.</summary>
    [Fact]
    public void What_is_no_claim_but_has_its_name_is_somebody_elses()
    {
        Directory.CreateDirectory(File);
        Assert.Null(TryTake());
        Assert.True(Directory.Exists(File));
    }

    [Fact]
    public void Of_many_threads_one_has_it()
    {
        for (int round = 0; round < 50; round++)
        {
            using Barrier start = new(4);
            Claim?[] claims = new Claim?[start.ParticipantCount];
            Thread[] threads = [.. Enumerable.Range(0, claims.Length).Select(index => new Thread(() =>
            {
                start.SignalAndWait();
                claims[index] = TryTake();
            }))];
            foreach (Thread thread in threads) thread.Start();
            foreach (Thread thread in threads) thread.Join();
            Claim claim = Assert.Single(claims.OfType<Claim>());
            claim.Dispose();
        }
    }

    [SkippableFact]
    public void Of_two_processes_one_has_it_and_the_other_takes_over_when_that_dies()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs flock");
        using ClaimProbe first = new(_directory.Path, Name);
        Assert.True(first.Has);
        Assert.Null(TryTake());
        using (ClaimProbe second = new(_directory.Path, Name)) Assert.False(second.Has);
        first.Kill();
        Assert.True(System.IO.File.Exists(File));
        using (Claim? mine = TryTake())
        {
            Assert.NotNull(mine);
            using ClaimProbe third = new(_directory.Path, Name);
            Assert.False(third.Has);
        }
        using ClaimProbe fourth = new(_directory.Path, Name);
        Assert.True(fourth.Has);
        fourth.LetGo();
        Assert.False(System.IO.File.Exists(File));
    }

    /// <summary>On a file system that keeps locks to each machine, the lock of another machine's claim looks free.</summary>
    [Theory]
    [InlineData("00000000")]
    [InlineData("")]
    [InlineData("0")]
    public void The_claim_of_another_machine_is_never_taken_over(string tag)
    {
        Assert.NotEqual(tag, HostTag.Current);
        System.IO.File.WriteAllText(File, tag);
        Assert.Null(TryTake());
        Assert.Equal(tag, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_dead_claim_of_this_machine_is_taken_over()
    {
        System.IO.File.WriteAllText(File, HostTag.Current);
        using (Claim? claim = TryTake())
        {
            Assert.NotNull(claim);
            Assert.Null(TryTake());
        }
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void What_has_the_name_and_is_no_file_is_left_alone()
    {
        Directory.CreateDirectory(File);
        Exception? error = Record.Exception(() => Assert.Null(TryTake()));
        Assert.True(error is null or IOException, $"{error}");
        Assert.True(Directory.Exists(File));
    }

    /// <summary>A claim without its tag could never be taken over.</summary>
    [Fact]
    public void On_a_full_disk_no_claim_stays_behind()
    {
        Assert.Throws<IOException>(() => TryTake(new FullDisk()));
        Assert.Empty(Directory.GetFiles(_directory.Path));
        using Claim? claim = TryTake();
        Assert.NotNull(claim);
    }

    [Fact]
    public void A_claim_says_whose_it_is()
    {
        using Claim? claim = TryTake();
        // Read without the lock that the base library's own files take.
        Assert.Equal(HostTag.Current, Encoding.ASCII.GetString(SmallFile.TryRead(FileOperations.System, File, 100)!));
    }

    private sealed class FullDisk : ManagedFileOperations
    {
        public override void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset) => throw FileErrors.Failed(Errno.ENOSPC, "write", path);
    }
}
