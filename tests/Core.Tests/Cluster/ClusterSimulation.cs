using ShardInit.Cluster;
using ShardInit.Core.Tests.Cluster.Simulation;
using ShardInit.Core.Tests.Kernels;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>Whole clusters in virtual time, by seed, with everything going wrong that can: each ends with every job sealed and every file right.</summary>
public sealed class ClusterSimulation(ITestOutputHelper output)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(4);

    /// <summary>One seed when SHARDINIT_TEST_SEED names it.</summary>
    internal static IEnumerable<int> Seeds(int count, int longCount) =>
        Environment.GetEnvironmentVariable("SHARDINIT_TEST_SEED") is { } text ? [int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)] : Enumerable.Range(1, Cases.Long ? longCount : count);

    [Fact]
    public void Nothing_is_done_twice_where_nothing_goes_wrong()
    {
        foreach (int seed in Seeds(300, 3000))
        {
            World world = Populated(seed, Faults.None);
            Run(world);
            Assert.All(world.Jobs, job => Assert.True(job.Directory.Wasted == 0 && job.GivenAway == 0, $"{world}: {job.Directory.Wasted} results thrown away, {job.GivenAway} shards given to two"));
        }
    }

    [Fact]
    public void Whatever_goes_wrong_every_job_ends_sealed()
    {
        (long shards, long wasted, long givenAway, long troubles, long lost) = (0, 0, 0, 0, 0);
        TimeSpan longest = TimeSpan.Zero;
        foreach (int seed in Seeds(1500, 30_000))
        {
            World world = Populated(seed, Faults.Random(new System.Random(seed ^ 0x5eed)));
            // Trouble for a while, then the world is kind again: what was broken by then must mend itself.
            world.Time.After(TimeSpan.FromMinutes(10), () => world.Faults = Faults.None);
            Run(world);
            Assert.True(world.Time.Now < TimeSpan.FromMinutes(20), $"{world}: ten minutes after the last trouble something was still not sealed");
            foreach (SimulatedJob job in world.Jobs)
            {
                Assert.True(job.Directory.Replaced == 0, $"{world}: a right file was replaced");
                Assert.True(job.Directory.Wasted <= job.GivenAway, $"{world}: {job.Directory.Wasted} results thrown away, only {job.GivenAway} shards were given to two workers");
                wasted += job.Directory.Wasted;
                givenAway += job.GivenAway;
                shards += job.Sizes.Count;
            }
            (troubles, lost) = (troubles + world.Troubles, lost + world.Lost);
            longest = world.Time.Now > longest ? world.Time.Now : longest;
        }
        output.WriteLine($"longest {longest}; {shards} shards, {troubles} troubles, {lost} lost messages, {givenAway} shards given to two workers, {wasted} results thrown away");
        // A shard is done twice only where somebody was cut off while he worked on it.
        Assert.True(wasted <= troubles + lost, $"{wasted} results thrown away for {troubles} troubles and {lost} lost messages");
    }

    [Fact]
    public void A_worker_that_computes_wrongly_is_fenced_once_two_results_differ_and_its_files_are_mended()
    {
        int fenced = 0, replaced = 0, mended = 0;
        foreach (int seed in Seeds(400, 4000))
        {
            // Two results are compared only where a shard is done twice: slow shards and long pauses make that happen.
            bool forgetful = seed % 2 == 1;
            World world = new(seed, new Faults { WorkerPause = 0.02, LostMessage = 0.02, DoubleMessage = 0.02, RangeLoss = forgetful ? 0.01 : 0 });
            for (int i = 0; i < 4; i++) world.Join(world.Random.Next(10, 40));
            world.Join(20, wrong: 0.8);
            world.Submit("one", "blue", 0, [.. Enumerable.Range(0, 60).Select(_ => (long)world.Random.Next(100, 400))]);
            world.Submit("two", "green", 0, [.. Enumerable.Range(0, 60).Select(_ => (long)world.Random.Next(100, 400))]);
            world.ExpectedJobs = 2;
            world.Time.After(TimeSpan.FromMinutes(20), () => world.Faults = Faults.None);
            Run(world, requireRight: false);
            Assert.All(world.Scheduler.Events, text => Assert.Contains("worker 'w5'", text));
            fenced += world.Scheduler.Events.Count;
            replaced += world.Jobs.Sum(job => job.Directory.Replaced);
            if (world.Scheduler.FencedAt is not { } at || forgetful) continue;
            // Once it is found out, all that it did in jobs that are not sealed yet is looked at again.
            foreach (SimulatedJob job in world.Jobs.Where(job => job.SealedAt > at + TimeSpan.FromSeconds(60)))
            {
                mended++;
                Assert.All(Enumerable.Range(0, job.Sizes.Count), file => Assert.True(job.Directory[file] == job.RightDigests(file), $"{world}: file {file} holds {job.Directory[file]}"));
            }
        }
        output.WriteLine($"{fenced} workers fenced, {replaced} files replaced, {mended} jobs checked whole");
        Assert.True(Environment.GetEnvironmentVariable("SHARDINIT_TEST_SEED") is not null || (fenced > 20 && replaced > 20 && mended > 20), $"{fenced} fenced, {replaced} replaced, {mended} checked");
    }

    [Fact]
    public void A_shard_that_fails_now_and_then_is_tried_elsewhere_and_one_that_always_fails_ends_the_job()
    {
        foreach (int seed in Seeds(200, 2000))
        {
            World kind = Populated(seed, new Faults { ShardFailure = 0.1 });
            Assert.True(kind.RunUntil(() => kind.Jobs.All(job => job.State.Record is { IsLive: false }), s_limit), $"{kind}: jobs are still live");
            World full = Populated(seed, new Faults { ShardFailure = 1 });
            Assert.True(full.RunUntil(() => full.Jobs.All(job => job.State.Record is { IsLive: false }), s_limit), $"{full}: jobs are still live");
            Assert.All(full.Jobs, job => Assert.Contains("no space left on the device", job.State.Record!.Reason));
            // The disk is mended, the same submit goes on.
            full.Faults = Faults.None;
            foreach (SimulatedJob job in full.Jobs) full.Scheduler.Submit(job);
            Assert.True(full.RunUntil(() => full.AllSealed, full.Time.Now + s_limit), $"{full}: not sealed after the disk was mended");
        }
    }

    /// <summary>One to three jobs of two tenants, one to four workers, some of which come later; caps that bind now and then.</summary>
    internal static World Populated(int seed, Faults faults, int? workers = null)
    {
        System.Random random = new(seed);
        ClusterOptions options = new() { StuckSpan = TimeSpan.FromSeconds(60) };
        if (random.Next(3) == 0) options = options with { BytesPerWorker = random.Next(50, 400), BytesPerTenant = random.Next(50, 800) };
        World world = new(seed, faults, options);
        int count = workers ?? random.Next(1, 5);
        for (int i = 0; i < count; i++) world.Join(random.Next(20, 200));
        if (workers is null && random.Next(3) == 0) world.Time.After(TimeSpan.FromSeconds(random.Next(1, 60)), () => world.Join(random.Next(20, 200)));
        int jobs = random.Next(1, 4);
        for (int i = 0; i < jobs; i++)
        {
            int files = random.Next(8) == 0 ? random.Next(257, 600) : random.Next(1, 60);
            long[] sizes = [.. Enumerable.Range(0, files).Select(_ => files > 256 ? random.Next(1, 10) : (long)random.Next(1, 120))];
            string name = $"job{i}", tenant = random.Next(2) == 0 ? "blue" : "green";
            int priority = random.Next(2);
            if (i == 0) world.Submit(name, tenant, priority, sizes);
            else world.Time.After(TimeSpan.FromSeconds(random.Next(0, 100)), () => world.Submit(name, tenant, priority, sizes));
        }
        world.ExpectedJobs = jobs;
        return world;
    }

    private static void Run(World world, bool requireRight = true)
    {
        try
        {
            Assert.True(world.RunUntil(() => world.Jobs.Count == world.ExpectedJobs && world.AllSealed, s_limit),
                $"{world}: not sealed: {string.Join(", ", world.Jobs.Select(job => $"{job.State.Record} {job.Directory.Committed}/{job.Sizes.Count}"))} {string.Join("; ", world.Scheduler.Events)}");
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{world}: {error.Message}", error);
        }
        foreach (SimulatedJob job in world.Jobs)
        {
            Assert.True(job.Directory.IsSealed, $"{world}: {job.Id} is not sealed");
            for (int file = 0; file < job.Sizes.Count; file++)
            {
                string? found = job.Directory[file];
                if (requireRight || found is null) Assert.True(found == job.RightDigests(file), $"{world}: file {file} holds {found}");
            }
        }
    }
}
