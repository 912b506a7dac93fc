using ShardInit.Cluster;

namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>A cluster in one thread and virtual time: the plain classes, a shell like that of the grains, and trouble by seed.</summary>
internal sealed class World
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private int _workerNumber;

    public World(int seed, Faults faults, ClusterOptions? options = null)
    {
        (Seed, Faults, Random) = (seed, faults, new System.Random(seed));
        Options = (options ?? new ClusterOptions { StuckSpan = TimeSpan.FromSeconds(60) }).Checked();
        Scheduler = new SimulatedScheduler(this);
        Every(TimeSpan.FromSeconds(5), () => { foreach (SimulatedRange range in Jobs.SelectMany(job => job.Ranges)) range.Tick(); });
        Every(TimeSpan.FromSeconds(5), () => Scheduler.Tick());
        Every(s_second, Misfortune);
    }

    public int Seed { get; }
    public Faults Faults { get; set; }
    public System.Random Random { get; }
    public VirtualTime Time { get; } = new();
    public ClusterOptions Options { get; }
    public SimulatedScheduler Scheduler { get; }
    public List<SimulatedJob> Jobs { get; } = [];
    public List<SimulatedWorker> Workers { get; } = [];
    public TimeSpan Timeout { get; } = TimeSpan.FromSeconds(10);
    public int ExpectedJobs { get; set; }

    /// <summary>Messages that got lost.</summary>
    public int Lost { get; set; }
    /// <summary>Deaths, pauses, losses of state and the like.</summary>
    public int Troubles { get; private set; }
    /// <summary>Times that a range which had been complete was not any more: each is worth one write of storage.</summary>
    public int Reopenings { get; private set; }

    public override string ToString() => $"seed {Seed} at {Time.Now.TotalSeconds:0.0} s (SHARDINIT_TEST_SEED={Seed} replays it)";

    public bool Happens(double chance) => chance > 0 && Random.NextDouble() < chance;

    public TimeSpan Delay() => TimeSpan.FromMilliseconds(1 + (Faults.MostDelay * 1000 * Random.NextDouble() * Random.NextDouble()));

    public SimulatedJob Submit(string name, string tenant, int priority, IReadOnlyList<long> sizes)
    {
        SimulatedJob job = new(this, name, tenant, priority, sizes) { SubmittedAt = Time.Now };
        Jobs.Add(job);
        Scheduler.Submit(job);
        return job;
    }

    public SimulatedWorker Join(double bytesPerSecond, double wrong = 0)
    {
        SimulatedWorker worker = new(this, $"w{++_workerNumber}", bytesPerSecond, wrong);
        Workers.Add(worker);
        return worker;
    }

    /// <summary>Until the condition holds; false when it does not within the limit.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        while (!condition())
        {
            if (!Time.Step(limit)) return false;
        }
        return true;
    }

    public bool AllSealed => Jobs.All(job => job.State.Record is { Status: JobStatus.Sealed });

    /// <summary>After anything was leased: nobody holds more than he may.</summary>
    public void CheckCaps(SimulatedWorker worker)
    {
        long largest = Jobs.Max(job => job.Sizes.Max());
        Xunit.Assert.True(worker.HeldBytes <= Math.Max(Options.BytesPerWorker, largest), $"{this}: worker {worker.Name} holds {worker.HeldBytes} bytes, at most {Options.BytesPerWorker}");
        // A lease that had lapsed comes back with its worker, whatever was given out meanwhile.
        if (Troubles > 0 || Lost > 0 || Scheduler.Board is not { } board) return;
        foreach (string tenant in Jobs.Select(job => job.Request.Tenant).Distinct())
        {
            Xunit.Assert.True(board.BytesOfTenant(tenant) <= Math.Max(Options.BytesPerTenant, largest), $"{this}: {board.BytesOfTenant(tenant)} bytes are leased to tenant {tenant}, at most {Options.BytesPerTenant}");
        }
    }

    private void Every(TimeSpan interval, Action action) => Time.After(interval, () =>
    {
        action();
        Every(interval, action);
    });

    private void Misfortune()
    {
        SimulatedWorker[] living = [.. Workers.Where(worker => !worker.IsDead)];
        foreach (SimulatedWorker worker in living)
        {
            if (Trouble(Faults.WorkerCrash)) Replace(worker);
            else if (Trouble(Faults.WorkerPause)) worker.Pause(TimeSpan.FromSeconds(Random.Next(1, 120)));
            else if (Trouble(Faults.WorkerStuck))
            {
                // One in four never comes back, with a beating heart; after a while somebody adds a worker.
                bool forever = Random.Next(4) == 0;
                worker.Hang(forever ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(Random.Next(1, 200)));
                if (forever) Time.After(TimeSpan.FromSeconds(Random.Next(1, 200)), () => Join(worker.Rate));
            }
            else if (Trouble(Faults.WorkerDrain))
            {
                worker.Drain();
                Join(worker.Rate);
            }
            if (worker.IsDrained) worker.Die();
        }
        if (Trouble(Faults.SchedulerLoss)) Scheduler.Lose(TimeSpan.FromSeconds(Random.Next(1, 30)));
        foreach (SimulatedJob job in Jobs)
        {
            if (Trouble(Faults.Cancel))
            {
                Scheduler.Cancel(job);
                Time.After(TimeSpan.FromSeconds(Random.Next(1, 60)), () => Scheduler.Submit(job));
            }
            int file = Random.Next(job.Sizes.Count);
            if (!job.Directory.IsSealed && Trouble(Faults.LostFile))
            {
                job.Directory.Lose(file);
                Reopenings++;
            }
            foreach (SimulatedRange range in job.Ranges)
            {
                if (Trouble(Faults.RangeLoss)) range.Lose();
                if (!Trouble(Faults.DoubleActivation)) continue;
                range.Double();
                Time.After(TimeSpan.FromSeconds(Random.Next(1, 40)), range.Undouble);
            }
        }
    }

    private bool Trouble(double chance)
    {
        if (!Happens(chance)) return false;
        Troubles++;
        return true;
    }

    /// <summary>A dead worker's successor has another name.</summary>
    private void Replace(SimulatedWorker worker)
    {
        worker.Die();
        Time.After(TimeSpan.FromSeconds(Random.Next(1, 20)), () => Join(worker.Rate, worker.Wrong));
    }
}
