using ShardInit.Cluster;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>The job as a state machine: what each command does in each state.</summary>
public sealed class JobStateTests
{
    private static readonly DirectoryLook s_open = new(false, null), s_sealed = new(true, null);
    private static readonly JobRequest s_request = new("models/a", new string('a', 64), "blue", 0, 3, 300);

    private static string NoDifferences() => throw new InvalidOperationException("asked for without need");

    [Fact]
    public void The_same_submit_is_the_same_job()
    {
        JobState state = new(null);
        SubmitAnswer first = state.Submit(s_request, s_open, NoDifferences), second = state.Submit(s_request, s_open, NoDifferences);
        Assert.Equal((SubmitOutcome.Started, SubmitOutcome.Same), (first.Outcome, second.Outcome));
        Assert.Equal((first.Job, s_request.Job), (second.Job, JobId.Of(OutputName.Parse("models/a"), s_request.PlanId)));
        Assert.True(state.Start());
        Assert.Equal(SubmitOutcome.Same, state.Submit(s_request, s_open, NoDifferences).Outcome);
        Assert.Equal(1, state.Record!.Submits);
    }

    [Fact]
    public void Another_plan_for_the_output_is_refused_while_the_job_lives_or_its_directory_stands()
    {
        JobState state = new(null);
        state.Submit(s_request, s_open, NoDifferences);
        JobRecord before = state.Record!;
        JobRequest other = s_request with { PlanId = new string('b', 64) };
        SubmitAnswer refused = state.Submit(other, s_open, () => "seed: 0 there, 1 here");
        Assert.Equal(SubmitOutcome.Refused, refused.Outcome);
        Assert.Contains("seed: 0 there, 1 here", refused.Reason);
        Assert.Equal(before, state.Record);
        state.Cancel();
        Assert.Equal("holds another plan", state.Submit(other, new DirectoryLook(false, "holds another plan"), NoDifferences).Reason);
        // Once somebody has emptied the directory there is nothing in the way.
        Assert.Equal(SubmitOutcome.Started, state.Submit(other, s_open, NoDifferences).Outcome);
        Assert.Equal(other.PlanId, state.Record!.Request.PlanId);
    }

    [Fact]
    public void A_cancelled_or_failed_job_goes_on_when_it_is_submitted_again()
    {
        JobState state = new(null);
        state.Submit(s_request, s_open, NoDifferences);
        Assert.True(state.Cancel());
        Assert.False(state.Cancel());
        Assert.Equal(SubmitOutcome.Continued, state.Submit(s_request, s_open, NoDifferences).Outcome);
        Assert.True(state.Fail("no space"));
        Assert.Equal("no space", state.Record!.Reason);
        Assert.False(state.Start());
        Assert.Equal(SubmitOutcome.Continued, state.Submit(s_request, s_open, NoDifferences).Outcome);
        Assert.Equal((JobStatus.Queued, "", 3), (state.Record!.Status, state.Record.Reason, state.Record.Submits));
    }

    [Fact]
    public void The_directory_is_the_truth()
    {
        JobState found = new(null);
        Assert.Equal(JobStatus.Sealed, found.Submit(s_request, s_sealed, NoDifferences).Status);
        Assert.Equal(SubmitOutcome.Same, found.Submit(s_request, s_sealed, NoDifferences).Outcome);
        // Somebody deleted it.
        Assert.Equal((SubmitOutcome.Continued, JobStatus.Queued), (found.Submit(s_request, s_open, NoDifferences).Outcome, found.Record!.Status));
        // What is being sealed cannot be called back.
        found.Start();
        found.AllCommitted();
        Assert.False(found.Cancel());
        // But a sealer that slept over a missing file may wake after a cancel.
        found.FilesMissing();
        Assert.True(found.Cancel());
        Assert.True(found.Sealed());
        Assert.False(found.Sealed());
        Assert.Equal(JobStatus.Sealed, found.Record!.Status);
    }

    [Fact]
    public void Every_command_keeps_to_the_table_from_every_state()
    {
        foreach (JobStatus from in Enum.GetValues<JobStatus>())
        {
            Action<JobState>[] commands =
            [
                state => state.Submit(s_request, s_open, NoDifferences), state => state.Submit(s_request, s_sealed, NoDifferences), state => state.Cancel(), state => state.Start(),
                state => state.AllCommitted(), state => state.FilesMissing(), state => state.Sealed(), state => state.Fail("x"),
            ];
            foreach (Action<JobState> command in commands)
            {
                JobState state = new(new JobRecord(JobRecord.CurrentVersion, s_request.Job, s_request, from, "", 1));
                command(state);
                Assert.True(state.Record!.Status == from || JobState.IsLegal(from, state.Record.Status), $"{from} to {state.Record.Status}");
            }
        }
    }

    [Fact]
    public void A_record_of_a_newer_release_is_refused() =>
        Assert.Contains("newer release", Assert.Throws<InvalidOperationException>(() => new JobState(new JobRecord(JobRecord.CurrentVersion + 1, s_request.Job, s_request, JobStatus.Queued, "", 1))).Message);
}
