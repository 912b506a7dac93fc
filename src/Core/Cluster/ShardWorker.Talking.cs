namespace ShardInit.Cluster;

public sealed partial class ShardWorker
{
    private bool _known;
    private string? _refusal;
    private bool _gaveBack;

    private void AskLoop()
    {
        BatchSize size = new(_options);
        while (true)
        {
            bool idle = true;
            bool answered = Try("report", () => idle = !ReportFinished());
            long target = size.Bytes(BytesWritten);
            (bool ask, bool giveBack, bool drained, long held) = Look(target);
            if (drained) break;
            if (giveBack) answered &= Try("give back", GiveBack);
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
            return (!_draining && (_waiting.Count == 0 || waiting < target / 2), _draining && !_gaveBack, _draining && _held.Count == 0, _held.Values.Sum(item => item.Bytes));
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
        WorkGrant grant = _source.Ask(new WorkRequest(_options.Hello.Worker, held, target));
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

    /// <summary>Reports what is finished, by range. What could not be reported is tried again. True when something was.</summary>
    private bool ReportFinished()
    {
        List<(int Number, WorkItem Item)> finished = [];
        lock (_gate)
        {
            while (_finished.TryDequeue(out int number)) finished.Add((number, _held[number]));
        }
        int reported = 0;
        try
        {
            reported += Forget(finished.Where(entry => !entry.Item.HasOutcome).Select(entry => entry.Number));
            finished.RemoveAll(entry => !entry.Item.HasOutcome);
            foreach ((int number, WorkItem item) in finished)
            {
                if (item is not SealItem seal) continue;
                _source.SealDone(_options.Hello.Worker, seal.Record.Job, seal.Result);
                if (!seal.Result.Sealed) _jobs.Forget(seal.Record.Job);
                reported += Forget([number]);
            }
            foreach (IGrouping<RangeKey, (int Number, ShardItem Item)> range in finished.Where(entry => entry.Item is ShardItem)
                .Select(entry => (entry.Number, Item: (ShardItem)entry.Item)).GroupBy(entry => entry.Item.Range))
            {
                (int Number, ShardItem Item)[] items = [.. range];
                Completion[] completions = [.. items.Select(entry => entry.Item.Completion)];
                IReadOnlyList<CompletionResult> results = _source.Complete(_options.Hello.Worker, range.Key, completions);
                Explain(range.Key, completions, results);
                reported += Forget(items.Select(entry => entry.Number));
            }
        }
        finally
        {
            lock (_gate) foreach ((int number, _) in finished) if (_held.ContainsKey(number)) _finished.Enqueue(number);
        }
        return reported > 0;
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
        List<(int Number, ShardItem Item)> items = [];
        lock (_gate)
        {
            while (_waiting.TryTake(out int number))
            {
                // A seal that was not begun is simply not renewed.
                if (_held[number] is ShardItem item) items.Add((number, item));
                _held.Remove(number);
            }
        }
        _gaveBack = true;
        foreach (IGrouping<RangeKey, (int Number, ShardItem Item)> range in items.GroupBy(entry => entry.Item.Range))
        {
            _source.Release(_options.Hello.Worker, range.Key, [.. range.Select(entry => entry.Item.Lease.File)]);
        }
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
