namespace ShardInit.Cluster;

public sealed partial class ShardWorker
{
    /// <summary>Most that a job is left alone after failures: a disk that was full is tried again at least this often.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    private bool _known;
    private string? _refusal;
    private bool _gaveBack;

    /// <summary>Finished, and not to be reported just now.</summary>
    private readonly List<(int Number, WorkItem Item)> _kept = [];

    private void AskLoop()
    {
        BatchSize size = new(_options);
        while (true)
        {
            (bool answered, bool reported) = ReportFinished();
            bool idle = !reported;
            long target = size.Bytes(BytesWritten);
            (bool ask, bool giveBack, bool drained, long held) = Look(target);
            if (drained) break;
            if (giveBack)
            {
                _gaveBack = true;
                answered &= Try("give back", GiveBack);
            }
            else if (ask) answered &= Try("ask", () => idle = !Ask(target, held) && idle);
            if (answered ? !Pause(idle) : _stop.Token.WaitHandle.WaitOne(_options.IdleInterval)) break;
        }
        if (!_stop.IsCancellationRequested) Stop();
    }

    /// <summary>Whether to ask: while less than half a batch waits. Drained: nothing is held any more.</summary>
    private (bool Ask, bool GiveBack, bool Drained, long Held) Look(long target)
    {
        lock (_gate)
        {
            long waiting = _waiting.Numbers.Sum(number => _held[number].Bytes);
            return (!_draining && (_waiting.Count == 0 || waiting < target / 2), _draining && !_gaveBack, _draining && _held.Count == 0 && _returned.Count == 0, _held.Values.Sum(item => item.Bytes));
        }
    }

    /// <summary>Until something happens, at most for the idle interval. False at the end.</summary>
    private bool Pause(bool idle)
    {
        lock (_gate)
        {
            if (idle && !_over && _finished.Count == 0) Monitor.Wait(_gate, _options.IdleInterval);
            return !_over;
        }
    }

    /// <summary>True when work came.</summary>
    private bool Ask(long target, long held)
    {
        if (!_known)
        {
            string? refusal = _source.Hello(_options.Hello);
            if (refusal is not null && refusal != _refusal) _options.Log(refusal);
            _refusal = refusal;
            _known = refusal is null;
            if (!_known) return false;
        }
        WorkGrant grant = _source.Ask(new WorkRequest(_options.Hello.Worker, held, target) { Avoid = _troubled.Paused });
        if (grant.IsUnknown) _known = false;
        if (grant.Job is not { } record) return false;
        if (grant.IsSeal)
        {
            Take([new SealItem(record, () => _jobs.Get(record), _source, _options, _stop.Token)]);
            return true;
        }
        ShardItem[] items = [.. grant.Leases.Select(lease => new ShardItem(grant.Range, lease))];
        // Held from here on, so that heartbeats cover the time that opening a large plan takes.
        int[] numbers = Hold(items);
        try
        {
            WorkerJob job = _jobs.Get(record);
            foreach (ShardItem item in items) item.Give(job);
            Queue(numbers);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            foreach (ShardItem item in items) item.Fail(error);
            foreach (int number in numbers) Finished(number);
        }
        return true;
    }

    private void Take(WorkItem[] items) => Queue(Hold(items));

    private int[] Hold(WorkItem[] items)
    {
        lock (_gate)
        {
            int[] numbers = [.. items.Select(_ => ++_lastNumber)];
            for (int i = 0; i < items.Length; i++) _held.Add(numbers[i], items[i]);
            return numbers;
        }
    }

    private void Queue(int[] numbers)
    {
        lock (_gate)
        {
            foreach (int number in numbers) _waiting.Add(number, _held[number].Job, isFirst: _held[number] is SealItem);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>
    /// Reports what is finished: each seal and each range by itself, so that one whose grain cannot be had keeps no other from being reported. What could not be reported is tried again with growing
    /// pauses, and dropped in the end: what was written is in the directory, where whoever gets the lapsed lease finds it.
    /// </summary>
    private (bool Answered, bool Reported) ReportFinished()
    {
        List<(int Number, WorkItem Item)> finished = [.. _kept];
        _kept.Clear();
        ShardItem[] returned;
        bool hurry;
        lock (_gate)
        {
            hurry = _draining;
            returned = [.. _returned];
            _returned.Clear();
            while (_finished.TryDequeue(out int number)) finished.Add((number, _held[number]));
        }
        int reported = Forget(finished.Where(entry => !entry.Item.HasOutcome).Select(entry => entry.Number));
        bool answered = true;
        foreach (IGrouping<ReportKey, (int Number, WorkItem Item)> group in finished.Where(entry => entry.Item.HasOutcome).GroupBy(entry => KeyOf(entry.Item)))
        {
            int[] numbers = [.. group.Select(entry => entry.Number)];
            if (hurry || !_unreported.IsPaused(group.Key))
            {
                if (Try(group.Key.What, () => Report(group.Key, [.. group.Select(entry => entry.Item)])))
                {
                    _unreported.Succeeded(group.Key);
                    reported += Forget(numbers);
                    continue;
                }
                answered = false;
                _unreported.Failed(group.Key);
                if (_unreported.Failing(group.Key) >= _options.ReportSpan)
                {
                    _options.Log($"worker {_options.Hello.Worker}: cannot {group.Key.What} for {_options.ReportSpan.TotalSeconds:0} s: gave it up; what is written is found in the directory");
                    _unreported.Succeeded(group.Key);
                    Forget(numbers);
                    continue;
                }
            }
            _kept.AddRange(group);
        }
        if (returned.Length > 0) answered &= Try("give back", () => Release(returned));
        return (answered, reported > 0);
    }

    private void Report(ReportKey key, WorkItem[] items)
    {
        if (key.IsSeal)
        {
            foreach (SealItem seal in items.Cast<SealItem>())
            {
                _source.SealDone(_options.Hello.Worker, seal.Record.Job, seal.Result);
                if (!seal.Result.Sealed) _jobs.Forget(seal.Record.Job);
            }
            return;
        }
        Completion[] completions = [.. items.Select(item => ((ShardItem)item).Completion)];
        IReadOnlyList<CompletionResult> results = _source.Complete(_options.Hello.Worker, key.Range, completions);
        Explain(key.Range, completions, results);
        if (completions.Any(completion => completion.Error is null)) _troubled.Succeeded(key.Range.Job);
        if (completions.All(completion => completion.Error is null)) return;
        _troubled.Failed(key.Range.Job);
    }

    private static ReportKey KeyOf(WorkItem item) => item is ShardItem shard ? new ReportKey(shard.Range, IsSeal: false) : new ReportKey(new RangeKey(item.Job, 0), IsSeal: true);

    /// <summary>What is reported by one call.</summary>
    private readonly record struct ReportKey(RangeKey Range, bool IsSeal)
    {
        public string What => IsSeal ? $"report the seal of job {Range.Job}" : $"report shards of job {Range.Job}, range {Range.Number}";
    }

    private void Explain(RangeKey range, Completion[] completions, IReadOnlyList<CompletionResult> results)
    {
        for (int i = 0; i < completions.Length && i < results.Count; i++)
        {
            if (completions[i].Error is { } error)
            {
                _options.Log($"job {range.Job}: file {completions[i].File} failed: {error}");
                _jobs.Forget(range.Job);
            }
            if (results[i] == CompletionResult.Differs) _options.Log($"job {range.Job}: file {completions[i].File} came out differently on another machine; a third one decides");
        }
    }

    private int Forget(IEnumerable<int> numbers)
    {
        lock (_gate) return numbers.Count(_held.Remove);
    }

    /// <summary>What was not begun goes to others at once.</summary>
    private void GiveBack()
    {
        List<ShardItem> items = [];
        lock (_gate)
        {
            while (_waiting.TryTake(out int number))
            {
                // A seal that was not begun is simply not renewed.
                if (_held[number] is ShardItem item) items.Add(item);
                _held.Remove(number);
            }
        }
        Release(items);
    }

    private void Release(IEnumerable<ShardItem> items)
    {
        foreach (IGrouping<RangeKey, ShardItem> range in items.GroupBy(item => item.Range)) _source.Release(_options.Hello.Worker, range.Key, [.. range.Select(item => item.Lease.File)]);
    }

    private void BeatLoop()
    {
        while (!_stop.Token.WaitHandle.WaitOne(_options.HeartbeatInterval)) Try("send a heartbeat", Beat);
    }

    private void Beat()
    {
        WorkItem[] held;
        lock (_gate) held = [.. _held.Values.Where(item => !item.IsDropped)];
        ILookup<RangeKey, ShardItem> ranges = held.OfType<ShardItem>().ToLookup(item => item.Range);
        ILookup<string, SealItem> seals = held.OfType<SealItem>().ToLookup(item => item.Record.Job);
        BeatReply reply = _source.Heartbeat(new WorkerBeat(
            _options.Hello.Worker, [.. ranges.Select(range => new RangeBeat(range.Key, [.. range.Select(item => item.Progress)]))], [.. seals.Select(seal => seal.Key)]));
        foreach (LostLeases lost in reply.Lost)
        {
            foreach (ShardItem item in ranges[lost.Range].Where(item => lost.Files.Contains(item.Lease.File))) item.Drop();
        }
        foreach (string job in reply.LostSeals) foreach (SealItem item in seals[job]) item.Drop();
    }

    /// <summary>A call without an answer has an unknown outcome; what matters is said again.</summary>
    private bool Try(string what, Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (!_stop.IsCancellationRequested) _options.Log($"worker {_options.Hello.Worker}: cannot {what}: {error.Message.ReplaceLineEndings(" ")}; trying again");
            return false;
        }
    }
}
