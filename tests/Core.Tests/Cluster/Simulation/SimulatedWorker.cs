using ShardInit.Cluster;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>
/// A worker as <see cref="ShardWorker"/> behaves, one shard after the other: asks when its queue runs low, heartbeats with progress, repeats a report until it is answered. It can die, stand
/// still and wake as a zombie, or hang while its heart beats.
/// </summary>
internal sealed class SimulatedWorker
{
    private sealed class Item(SimulatedJob job, Lease lease)
    {
        public SimulatedJob Job { get; } = job;
        public Lease Lease { get; } = lease;
        public int Tiles { get; set; } = -1;
        public bool Dropped { get; set; }
        public Completion? Result { get; set; }
    }

    private const int Tiles = 4;

    private readonly World _world;
    private readonly WorkerHello _hello;
    private readonly List<Item> _items = [];
    private readonly HashSet<SimulatedJob> _seals = [];
    private readonly List<(SimulatedJob Job, SealResult Result)> _sealed = [];
    private TimeSpan _pausedUntil, _stuckUntil;
    private bool _known, _asking, _working, _draining;

    public SimulatedWorker(World world, string name, double bytesPerSecond, double wrong)
    {
        (_world, Rate, Wrong) = (world, bytesPerSecond, wrong);
        _hello = new WorkerHello(name, $"host-{name}", WorkerHello.ThisProduct, Versions.Spec, Versions.Format, SelfTest.ExpectedDigest, null, ["512"]);
        Every(world.Options.HeartbeatInterval, Beat);
        Every(TimeSpan.FromSeconds(1), Ask);
        Every(TimeSpan.FromSeconds(1), Report);
    }

    public string Name => _hello.Worker;
    public double Rate { get; }
    public double Wrong { get; }
    public bool IsDead { get; private set; }
    public bool IsDrained => _draining && _items.Count == 0 && _seals.Count == 0 && _sealed.Count == 0;
    public long HeldBytes => _items.Sum(item => item.Lease.Bytes);

    public bool Holds(SimulatedJob job, int file) => !IsDead && _items.Any(item => item.Job == job && item.Lease.File == file && !item.Dropped && item.Result is null);

    public void Die() => IsDead = true;

    public void Pause(TimeSpan span) => _pausedUntil = _world.Time.Now + span;

    public void Hang(TimeSpan span) => _stuckUntil = _world.Time.Now + span;

    public void Drain()
    {
        _draining = true;
        foreach (IGrouping<SimulatedRange, Item> range in _items.Where(item => item.Tiles < 0 && item.Result is null).GroupBy(RangeOf).ToList())
        {
            int[] files = [.. range.Select(item => item.Lease.File)];
            _items.RemoveAll(item => range.Contains(item));
            Send(() => _world.Scheduler.Release(Name, range.Key, files), () => { }, () => { });
        }
    }

    private SimulatedRange RangeOf(Item item) => item.Job.Ranges[item.Lease.File / ShardRange.MaxShards];

    private void Every(TimeSpan interval, Action action)
    {
        if (IsDead) return;
        WhenAwake(action);
        // Not in step with others.
        _world.Time.After(interval * (0.9 + (0.2 * _world.Random.NextDouble())), () => Every(interval, action));
    }

    private void WhenAwake(Action action)
    {
        if (IsDead) return;
        if (_world.Time.Now < _pausedUntil) _world.Time.After(_pausedUntil - _world.Time.Now + TimeSpan.FromTicks(1), () => WhenAwake(action));
        else action();
    }

    /// <summary>A call: it travels, is perhaps executed, perhaps twice, and perhaps answered.</summary>
    private void Send<T>(Func<T> call, Action<T> answered, Action failed)
    {
        _world.Time.After(_world.Delay(), () =>
        {
            bool lost = _world.Happens(_world.Faults.LostMessage);
            if (lost && _world.Random.Next(2) == 0)
            {
                _world.Lost++;
                _world.Time.After(_world.Timeout, () => WhenAwake(failed));
                return;
            }
            T answer = call();
            if (_world.Happens(_world.Faults.DoubleMessage)) call();
            if (lost) _world.Lost++;
            _world.Time.After(lost ? _world.Timeout : _world.Delay(), () => WhenAwake(lost ? failed : () => answered(answer)));
        });
    }

    private void Send(Action call, Action answered, Action failed) => Send(() => { call(); return true; }, _ => answered(), failed);

    private void Ask()
    {
        long target = Math.Max(1, (long)Rate);
        if (_asking || _draining || _items.Where(item => item.Tiles < 0).Sum(item => item.Lease.Bytes) >= Math.Max(1, target / 2)) return;
        _asking = true;
        if (!_known)
        {
            Send(() => _world.Scheduler.Hello(_hello), accepted => (_asking, _known) = (false, accepted), () => _asking = false);
            return;
        }
        Send(() => _world.Scheduler.Ask(new WorkRequest(Name, HeldBytes, target)), Take, () => _asking = false);
    }

    private void Take(WorkGrant grant)
    {
        _asking = false;
        if (grant.IsUnknown) _known = false;
        if (grant.Job is not { } record) return;
        SimulatedJob job = _world.Jobs.Single(other => other.Id == record.Job);
        if (grant.IsSeal)
        {
            if (_seals.Add(job)) _world.Time.After(TimeSpan.FromSeconds(2), () => WhenAwake(() => Seal(job)));
            return;
        }
        foreach (Lease lease in grant.Leases)
        {
            if (_world.Workers.Any(other => other != this && other.Holds(job, lease.File))) job.GivenAway++;
            job.FirstLeaseAt ??= _world.Time.Now;
            _items.RemoveAll(item => item.Job == job && item.Lease.File == lease.File && item.Result is null && item.Tiles < 0);
            _items.Add(new Item(job, lease));
        }
        _world.CheckCaps(this);
        Ask();
        Work();
    }

    private void Work()
    {
        if (_working) return;
        _items.RemoveAll(item => item.Dropped && item.Result is null);
        if (_items.Find(item => item.Result is null) is not { } next) return;
        _working = true;
        next.Tiles = 0;
        // What is there already is only looked at.
        bool there = next.Lease.Kind == LeaseKind.Write && next.Job.Directory[next.Lease.File] is not null;
        if (there) _world.Time.After(TimeSpan.FromMilliseconds(5), () => WhenAwake(() => End(next, there)));
        else Step(next);
        Ask();
    }

    private void Step(Item item) => _world.Time.After(TimeSpan.FromSeconds(item.Lease.Bytes / Rate / Tiles), () => WhenAwake(() =>
    {
        if (_world.Time.Now < _stuckUntil)
        {
            _world.Time.After(TimeSpan.FromSeconds(1), () => WhenAwake(() => Step(item)));
            return;
        }
        if (!item.Dropped && ++item.Tiles < Tiles) Step(item);
        else End(item, there: false);
    }));

    private void End(Item item, bool there)
    {
        _working = false;
        if (!item.Dropped) item.Result = ResultOf(item, there);
        Report();
        Work();
    }

    private Completion ResultOf(Item item, bool there)
    {
        (int file, SimulatedDirectory directory) = (item.Lease.File, item.Job.Directory);
        if (there && directory[file] is { } found) return Result(found, null, written: false);
        if (_world.Happens(_world.Faults.ShardFailure)) return new Completion(file, item.Lease.Attempt, item.Lease.Kind, null, null, false, "no space left on the device");
        string right = item.Job.RightDigests(file);
        if (item.Lease.Kind == LeaseKind.Decide) return Result(right, null, written: false);
        string mine = _world.Happens(Wrong) ? $"{right}-wrong-by-{Name}" : right;
        bool first = directory[file] is null;
        string standing = directory.Publish(file, mine, item.Lease.Kind == LeaseKind.Replace);
        if (first) item.Job.Commits.Add((_world.Time.Now, item.Lease.Bytes));
        return Result(mine, standing == mine ? null : standing, written: true);

        Completion Result(string digests, string? published, bool written) => new(file, item.Lease.Attempt, item.Lease.Kind, digests, published, written, null);
    }

    private void Report()
    {
        foreach (IGrouping<SimulatedRange, Item> range in _items.Where(item => item.Result is not null).GroupBy(RangeOf).ToList())
        {
            Item[] items = [.. range];
            Send(() => _world.Scheduler.Complete(_hello, range.Key, [.. items.Select(item => item.Result!)]), _ => _items.RemoveAll(items.Contains), () => { });
        }
        foreach ((SimulatedJob Job, SealResult Result) seal in _sealed.ToList()) Send(() => _world.Scheduler.SealDone(seal.Job, Name, seal.Result), () => _sealed.Remove(seal), () => { });
    }

    private void Seal(SimulatedJob job)
    {
        _seals.Remove(job);
        int[] missing = [.. job.Directory.Missing];
        if (missing.Length == 0) job.Directory.Seal();
        _sealed.Add((job, new SealResult(missing.Length == 0, missing, null)));
        Report();
    }

    private void Beat()
    {
        foreach (IGrouping<SimulatedRange, Item> range in _items.GroupBy(RangeOf).ToList())
        {
            LeaseProgress[] progress = [.. range.Select(item => new LeaseProgress(item.Lease.File, item.Lease.Attempt, item.Lease.Kind, item.Tiles))];
            Send(() => _world.Scheduler.Heartbeat(Name, range.Key, progress), lost =>
            {
                foreach (Item item in _items.Where(item => RangeOf(item) == range.Key && lost.Contains(item.Lease.File) && progress.Any(sent => sent.File == item.Lease.File && sent.Attempt == item.Lease.Attempt))) item.Dropped = true;
            }, () => { });
        }
        foreach (SimulatedJob job in _seals) Send(() => _world.Scheduler.SealHeartbeat(job, Name), () => { }, () => { });
    }
}
