using ShardInit.Cluster;
using ShardInit.Grains;
using ShardInit.Grains.Client;
using ShardInit.Planning;

namespace Example;

/// <summary>Plans a model here, has a cluster write it, and follows that to its end.</summary>
public static class SubmitAndWatch
{
    /// <param name="settings">A settings file of clients; null: a silo on this machine.</param>
    /// <returns>0 when the checkpoint is complete.</returns>
    public static async Task<int> RunAsync(string model, string output, string? settings, TextWriter text)
    {
        Plan plan = Planner.Create(new PlanRequest { Model = model, Seed = 42 });

        await using ClusterClient cluster = await ClusterClient.ConnectAsync(settings is null ? new ClusterSettings() : ClusterSettings.Load(settings), Console.Error.WriteLine);
        SubmitAnswer answer = await cluster.SubmitAsync(plan, OutputName.Parse(output));
        if (answer.Outcome == SubmitOutcome.Refused)
        {
            await text.WriteLineAsync($"refused: {answer.Reason}");
            return 2;
        }

        JobStatus status = answer.Status;
        await foreach (JobView view in cluster.WatchAsync(answer.Job))
        {
            status = view.Record.Status;
            await text.WriteLineAsync($"{status}: {view.Progress?.CommittedShards ?? 0} of {view.Record.Request.Files} files");
        }
        return status == JobStatus.Sealed ? 0 : 1;
    }
}
