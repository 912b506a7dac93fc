using ShardInit.Errors;

namespace ShardInit.Cluster;

public sealed partial class JobBoard
{
    private readonly Dictionary<string, string> _hosts = [];
    private readonly Dictionary<string, string> _refused = [];
    private readonly Dictionary<string, TimeSpan> _seen = [];
    private readonly Dictionary<string, WrongWorker> _fenced = [];

    /// <summary>A worker introduces itself; to be repeated after a loss of the board, when <see cref="Knows"/> says no. Null when it may have leases, otherwise one line why not.</summary>
    public string? Welcome(WorkerHello hello)
    {
        _hosts[hello.Worker] = hello.Host;
        Seen(hello.Worker);
        if (Compatibility.Check(hello, options.SameProduct) is { } reason) _refused[hello.Worker] = reason;
        else _refused.Remove(hello.Worker);
        return WhyNot(hello.Worker);
    }

    public bool Knows(string worker) => _hosts.ContainsKey(worker);

    /// <summary>Any word from a worker: for people, who want to know who lives; leases have heartbeats of their own.</summary>
    public void Seen(string worker) => _seen[worker] = _clock.Now;

    /// <summary>Workers heard of within the lease span; others are forgotten.</summary>
    public IReadOnlyList<string> Living()
    {
        foreach (string gone in _seen.Where(worker => _clock.Now - worker.Value > 4 * options.LeaseSpan).Select(worker => worker.Key).ToList())
        {
            _seen.Remove(gone);
            _hosts.Remove(gone);
            _refused.Remove(gone);
        }
        return [.. _seen.Where(worker => _clock.Now - worker.Value <= options.LeaseSpan).Select(worker => worker.Key)];
    }

    /// <summary>Why a worker gets no lease; null when it may have some.</summary>
    public string? WhyNot(string worker)
    {
        if (!_hosts.TryGetValue(worker, out string? host)) return $"worker {Problems.Quote(worker)}: expected its versions before it asks for work; say hello first";
        if (_refused.TryGetValue(worker, out string? reason)) return reason;
        WrongWorker? wrong = _fenced.GetValueOrDefault(worker) ?? (options.FenceHosts ? _fenced.Values.FirstOrDefault(other => other.Host == host) : null);
        return wrong is null ? null : Sentence(wrong);
    }

    /// <summary>Who was found to compute wrongly; to be kept by the owner of the board and given back by <see cref="Fence(WrongWorker)"/> after a loss.</summary>
    public IReadOnlyCollection<WrongWorker> Fenced => _fenced.Values;

    public void Fence(WrongWorker wrong) => _fenced.TryAdd(wrong.Worker, wrong);

    /// <summary>The machine was mended.</summary>
    public void Pardon(string host)
    {
        foreach (string worker in _fenced.Values.Where(wrong => wrong.Host == host).Select(wrong => wrong.Worker).ToList()) _fenced.Remove(worker);
    }

    private void Fence(BoardJob job, RangeReport report, List<BoardNews> news)
    {
        foreach (WrongWorker wrong in report.Wrong)
        {
            if (_fenced.TryAdd(wrong.Worker, wrong)) news.Add(new BoardNews(NewsKind.WorkerFenced, job.Record.Job, Sentence(wrong), wrong));
        }
    }

    private static string Sentence(WrongWorker wrong) =>
        $"worker {Problems.Quote(wrong.Worker)} on {Problems.Quote(wrong.Host)}: computed file {wrong.File} of a plan differently from two other runs, one of them scalar; it gets no more work; check processor and memory, then restart it";
}
