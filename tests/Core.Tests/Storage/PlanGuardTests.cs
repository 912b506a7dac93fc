using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>A writer that slept while its directory was removed and made anew for another plan, with the same names and lengths, changes nothing there.</summary>
public sealed class PlanGuardTests : IDisposable
{
    private static readonly Plan s_plan = TestPlans.Small(seed: 7), s_other = TestPlans.Small(seed: 8);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private CheckpointWriter Open(Plan plan) => CheckpointWriter.Open(_directory.Path, plan, TestPlans.Codec, FileOperations.System);

    private static ShardFileWriter Generate(CheckpointWriter writer, int file, bool replace = false)
    {
        using TileBuffer buffer = new(1 << 16);
        FakeSource source = new(writer.Plan);
        ShardFileWriter shard = writer.Begin(file, replace);
        for (int tile = 0; tile < shard.Layout.TileCount; tile++) shard.WriteTile(tile, source, buffer);
        return shard;
    }

    private void Clear()
    {
        foreach (string path in Directory.GetFiles(_directory.Path)) File.Delete(path);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sealed_directory_of_another_plan_is_left_as_it_is(bool replace)
    {
        using CheckpointWriter sleeper = Open(s_plan);
        Clear();
        _directory.Write(s_other);
        string[] before = _directory.Listing();
        using (ShardFileWriter shard = Generate(sleeper, 0, replace))
        {
            PlanException refusal = Assert.Throws<PlanException>(shard.Commit);
            Assert.Contains("seed: 8 there, 7 here", refusal.Message);
        }
        Assert.Throws<PlanException>(sleeper.Seal);
        Assert.Equal(before, _directory.Listing());
    }

    [Fact]
    public void Another_plan_that_has_only_begun_gets_no_file_of_this_one()
    {
        using CheckpointWriter sleeper = Open(s_plan);
        Clear();
        using CheckpointWriter other = Open(s_other);
        using (ShardFileWriter shard = Generate(sleeper, 0)) Assert.Throws<PlanException>(shard.Commit);
        Assert.Equal([CheckpointFiles.Plan], Directory.GetFiles(_directory.Path).Select(path => Path.GetFileName(path)));
    }

    /// <summary>A directory without plan.json is no checkpoint: it may not look like a finished one.</summary>
    [SkippableFact]
    public void Without_plan_json_nothing_is_published()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs the error numbers of Linux");
        using CheckpointWriter writer = Open(s_plan);
        TestDirectory.WriteMissing(writer);
        File.Delete(_directory.File(CheckpointFiles.Plan));
        using (ShardFileWriter shard = Generate(writer, 0)) Assert.Equal(Errno.ENOENT, Assert.Throws<IOException>(shard.Commit).HResult);
        Assert.Equal(Errno.ENOENT, Assert.Throws<IOException>(writer.Seal).HResult);
        Assert.False(File.Exists(_directory.File(CheckpointFiles.Manifest)));
    }

    /// <summary>Texts outside the id may change, as when the sealed plan.json is put back.</summary>
    [Fact]
    public void The_same_plan_with_another_text_is_no_other_plan()
    {
        using CheckpointWriter writer = Open(s_plan);
        string path = _directory.File(CheckpointFiles.Plan);
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"recipe_text\": \"", "\"recipe_text\": \"longer "));
        TestDirectory.WriteMissing(writer);
        Assert.True(File.Exists(_directory.File(s_plan.Files[0].Name)));
    }
}
