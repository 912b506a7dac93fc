namespace ShardInit.Cluster;

/// <summary>A live job as the scheduler sees it: counts per range.</summary>
internal sealed class BoardJob(JobRecord record, IReadOnlyList<RangeReport> ranges, TimeSpan now)
{
    private readonly RangeReport[] _ranges = [.. ranges];
    private readonly TimeSpan[] _heard = [.. ranges.Select(_ => now)];
    private readonly Dictionary<(int Range, string Worker), TimeSpan> _quiet = [];
    private int _complete = ranges.Count(range => range.IsComplete);

    public JobRecord Record { get; } = record;

    public string Tenant => Record.Request.Tenant;

    public IReadOnlyList<RangeReport> Ranges => _ranges;

    public bool IsStarted { get; set; } = record.Status != JobStatus.Queued;

    public bool IsComplete => _complete == _ranges.Length;

    /// <summary>Who writes index and manifest, and when he was last heard of.</summary>
    public (string Worker, TimeSpan SeenAt)? Sealer { get; set; }

    /// <summary>The owner of the job's record has taken down that it is being sealed: from then on it cannot be cancelled.</summary>
    public bool MaySeal { get; set; }

    public List<(string Worker, TimeSpan At)> SealFailures { get; } = [];

    public TimeSpan ProgressAt { get; private set; } = now;

    /// <summary>The first range with something to give, whoever asks.</summary>
    public RangeReport? FirstWithWork => Array.Find(_ranges, range => range.HasWork);

    /// <summary>The first range with something to give that did not just refuse this worker.</summary>
    public RangeReport? FirstFor(string worker, TimeSpan now, IReadOnlySet<RangeKey> tried) =>
        Array.Find(_ranges, range => range.HasWork && !tried.Contains(range.Range) && !(_quiet.TryGetValue((range.Range.Number, worker), out TimeSpan until) && now < until));

    public void Quiet(int range, string worker, TimeSpan until) => _quiet[(range, worker)] = until;

    /// <summary>Takes a report unless a newer one of the same life is known. Returns the one that it replaces; null when it was dropped.</summary>
    public RangeReport? Take(RangeReport report, TimeSpan now)
    {
        int number = report.Range.Number;
        if (number < 0 || number >= _ranges.Length) return null;
        RangeReport known = _ranges[number];
        if (report.Activation == known.Activation && report.Sequence <= known.Sequence) return null;
        _ranges[number] = report;
        _heard[number] = now;
        _complete += (report.IsComplete ? 1 : 0) - (known.IsComplete ? 1 : 0);
        if (report.CommittedShards > known.CommittedShards) ProgressAt = now;
        return known;
    }

    /// <summary>Ranges that owe news and have been silent.</summary>
    public IEnumerable<RangeKey> Silent(TimeSpan before) =>
        _ranges.Where((range, number) => _heard[number] < before && range.CommittedShards + range.PlannedShards < range.Shards).Select(range => range.Range);
}
