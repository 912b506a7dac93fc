namespace ShardInit.Client.Output;

/// <summary>A run at one moment, as one of its processes sees it: what <see cref="MetricsFile"/> publishes.</summary>
/// <param name="World">How many ranks there are; 1 without ranks.</param>
/// <param name="Source">Where rank and world were taken from, for instance <c>torchrun</c>.</param>
/// <param name="FilesTotal">Of the plan.</param>
/// <param name="FilesCommitted">Of the directory, as far as this process knows.</param>
/// <param name="BytesTotal">Value bytes of the plan.</param>
/// <param name="BytesCommitted">Value bytes of the committed files.</param>
/// <param name="FilesWritten">By this process, since it started; likewise the next three.</param>
/// <param name="FilesDuplicated">Written, but another process had published the file first.</param>
/// <param name="FilesHelped">Written outside of its own share.</param>
/// <param name="SecondsSinceProgress">Since this process last wrote a tile.</param>
/// <param name="Elapsed">Seconds since this process began.</param>
public sealed record RunMetrics(
    string PlanId, int Rank, int World, string Source, long FilesTotal, long FilesCommitted, long BytesTotal, long BytesCommitted,
    long FilesWritten, long BytesWritten, long FilesDuplicated, long FilesHelped, double SecondsSinceProgress, bool Sealed, double Elapsed)
{
    /// <summary>
    /// In the text format of Prometheus. Every sample has the label <c>rank</c>; names and help texts are the same in all of them, since the textfile collector of a machine reads the
    /// files of all its ranks together and refuses help texts that differ.
    /// </summary>
    public string ToPrometheus()
    {
        PrometheusText text = new();
        (string, string) rank = ("rank", $"{Rank}");
        text.Add("shardinit_info", "gauge", "The run: which plan, which rank of how many, and where that was taken from.", 1, rank, ("plan_id", PlanId), ("world", $"{World}"), ("source", Source));
        text.Add("shardinit_files", "gauge", "Shard files of the plan.", FilesTotal, rank);
        text.Add("shardinit_files_committed", "gauge", "Shard files that are committed, by any rank, as far as this rank knows.", FilesCommitted, rank);
        text.Add("shardinit_bytes", "gauge", "Value bytes of the plan.", BytesTotal, rank);
        text.Add("shardinit_bytes_committed", "gauge", "Value bytes of the committed files, as far as this rank knows.", BytesCommitted, rank);
        text.Add("shardinit_sealed", "gauge", "1 once manifest.json is there, else 0.", Sealed ? 1 : 0, rank);
        text.Add("shardinit_rank_files_written_total", "counter", "Shard files that this rank has written since it started.", FilesWritten, rank);
        text.Add("shardinit_rank_bytes_written_total", "counter", "Value bytes that this rank has written since it started.", BytesWritten, rank);
        text.Add("shardinit_rank_files_duplicated_total", "counter", "Shard files that this rank has written for nothing: another had published them first.", FilesDuplicated, rank);
        text.Add("shardinit_rank_files_helped_total", "counter", "Shard files outside of its own share that this rank has written.", FilesHelped, rank);
        text.Add("shardinit_rank_progress_age_seconds", "gauge", "Seconds since this rank last made progress.", SecondsSinceProgress, rank);
        text.Add("shardinit_rank_elapsed_seconds", "gauge", "Seconds since this rank started.", Elapsed, rank);
        return text.ToString();
    }
}
