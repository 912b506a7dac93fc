using ShardInit.Cluster;
using ShardInit.Core.Tests.Storage;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>Files of the plan without its plan.json: network file systems hide new names for a while, and people delete files.</summary>
public sealed class JobDirectoryTests : IDisposable
{
    private readonly TestDirectory _directory = new(inMemory: true);
    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly Plan _plan = TestPlans.Small();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_plan_that_was_deleted_is_waited_for_and_then_told()
    {
        using (CheckpointWriter.Open(_directory.Path, _plan)) File.WriteAllText(Path.Combine(_directory.Path, _plan.Files[0].Name), "x");
        File.Delete(Path.Combine(_directory.Path, "plan.json"));
        int pauses = 0;
        DirectoryLook look = JobDirectory.Prepare(_directory.Path, _plan, _clock, time =>
        {
            pauses++;
            _clock.Pass(time);
        });
        Assert.Equal($"{_directory.Path}: expected plan.json beside files of this plan, found none: it was deleted; delete the directory, or choose another output", look.Refusal);
        Assert.True(pauses > 1 && _clock.GetUtcNow() - DateTimeOffset.UnixEpoch < TimeSpan.FromSeconds(30), $"{pauses} pauses until {_clock.GetUtcNow()}");
        Assert.False(File.Exists(Path.Combine(_directory.Path, "plan.json")));
    }

    [Fact]
    public void A_plan_that_was_hidden_is_found()
    {
        string plan = Path.Combine(_directory.Path, "plan.json");
        using (CheckpointWriter.Open(_directory.Path, _plan)) File.WriteAllText(Path.Combine(_directory.Path, _plan.Files[0].Name), "x");
        byte[] text = File.ReadAllBytes(plan);
        File.Delete(plan);
        Assert.Null(JobDirectory.Prepare(_directory.Path, _plan, _clock, _ => File.WriteAllBytes(plan, text)).Refusal);
    }
}
