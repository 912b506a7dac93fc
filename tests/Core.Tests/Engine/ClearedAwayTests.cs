using ShardInit.Core.Tests.Storage;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Engine;

/// <summary>Somebody else seals and clears unfinished files away, also those that a repair is about to put in place of damaged ones: the repair writes them again.</summary>
public sealed class ClearedAwayTests
{
    private static readonly Plan s_plan = TestPlans.Small();

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_file_that_was_cleared_away_before_it_had_its_name_is_written_again(int times)
    {
        using TestDirectory directory = new();
        string[] sound = Damaged(directory);
        SweptOperations operations = new(times);
        Write(directory, operations);
        Assert.Equal(0, operations.Left);
        Assert.Equal(sound, directory.Listing());
    }

    [SkippableFact]
    public void A_directory_that_is_removed_is_an_error_at_once()
    {
        using TestDirectory directory = new();
        Damaged(directory);
        SweptOperations operations = new(1, alsoDirectory: true);
        IOException error = Assert.Throws<IOException>(() => Write(directory, operations));
        Assert.Contains("gone", error.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(directory.Path);
    }

    /// <summary>What cannot come to an end is given up: nothing is left over, and what was there stays.</summary>
    [SkippableFact]
    public void Somebody_who_clears_away_for_ever_is_an_error()
    {
        using TestDirectory directory = new();
        Damaged(directory);
        string[] damaged = directory.Listing();
        Assert.Throws<IOException>(() => Write(directory, new SweptOperations(int.MaxValue)));
        Assert.Equal(damaged, directory.Listing());
    }

    /// <summary>One wrong value in the first file.</summary>
    /// <returns>The listing before.</returns>
    private static string[] Damaged(TestDirectory directory)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs the operations of Linux");
        directory.Write(s_plan);
        string[] sound = directory.Listing();
        string path = directory.File(s_plan.Files[0].Name);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[ShardLayout.Of(s_plan, 0).ValueOffset(0)] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.NotEqual(sound, directory.Listing());
        return sound;
    }

    private static void Write(TestDirectory directory, FileOperations operations)
    {
        using CheckpointWriter writer = CheckpointWriter.Open(directory.Path, TestPlans.Codec, operations);
        LocalEngine.WriteFiles(writer, [0], replace: true, new FakeSource(s_plan), 1, new EngineProgress(), CancellationToken.None);
    }

    /// <summary>Just before a file gets its name, somebody else's sealing clears it away.</summary>
    private sealed class SweptOperations(int times, bool alsoDirectory = false) : LinuxFileOperations
    {
        private static readonly FileOperations s_real = System;

        public int Left { get; private set; } = times;

        public override void Replace(string temporary, string final)
        {
            if (Left > 0)
            {
                Left--;
                string directory = Path.GetDirectoryName(final)!;
                WorkFiles.Delete(this, directory, Leftovers.All);
                if (alsoDirectory) Directory.Delete(directory, recursive: true);
            }
            s_real.Replace(temporary, final);
        }
    }
}
