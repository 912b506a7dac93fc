using ShardInit.Cluster;
using ShardInit.Core.Tests.Cluster.Simulation;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>What tenants and small jobs can count on, in virtual time and over many shapes of load.</summary>
public sealed class FairnessSimulation(ITestOutputHelper output)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(60);

    [Fact]
    public void Two_equal_tenants_get_the_same_bytes_in_any_minute()
    {
        double worst = 0;
        int windows = 0;
        foreach (int seed in ClusterSimulation.Seeds(60, 1000))
        {
            World world = new(seed, Faults.None);
            System.Random random = world.Random;
            // One to three workers of speeds up to four times apart. No shard takes longer than a second on the slowest: with longer ones the last shard alone shifts a window.
            int workers = random.Next(1, 4);
            double slowest = 400, total = 0;
            for (int i = 0; i < workers; i++) total += world.Join(slowest * (1 + (3 * random.NextDouble()))).Rate;
            long blueSize = random.Next(100, 400), greenSize = random.Next(100, 400);
            int blue = (int)(total * 50 / blueSize), green = 10 * blue;
            SimulatedJob few = world.Submit("few", "blue", 0, Sizes(blue, blueSize));
            // The other tenant's shards may be many jobs.
            int jobs = random.Next(1, 4);
            SimulatedJob[] many = [.. Enumerable.Range(0, jobs).Select(i => world.Submit($"many{i}", "green", random.Next(2), Sizes(green / jobs, greenSize)))];
            Assert.True(world.RunUntil(() => few.Directory.Committed > blue - 10 || many.All(job => job.Directory.Committed == job.Sizes.Count), TimeSpan.FromHours(2)), $"{world}: one tenant got nothing");
            TimeSpan end = world.Time.Now;
            for (TimeSpan start = TimeSpan.FromSeconds(5); start + s_window <= end; start += TimeSpan.FromSeconds(5))
            {
                double blueBytes = Bytes([few], start), greenBytes = Bytes(many, start);
                double apart = Math.Abs(blueBytes - greenBytes) / Math.Max(blueBytes, greenBytes);
                Assert.True(apart <= 0.10, $"{world}: from {start.TotalSeconds} s on blue got {blueBytes} bytes and green {greenBytes} in a minute, {apart:P1} apart");
                worst = Math.Max(worst, apart);
                windows++;
            }
        }
        output.WriteLine($"{windows} windows, at worst {worst:P1} apart");
        Assert.True(windows > 10, $"only {windows} windows were looked at");

        IReadOnlyList<long> Sizes(int count, long size) => [.. Enumerable.Repeat(size, Math.Max(count, 1))];
    }

    [Fact]
    public void A_job_of_one_shard_starts_within_five_seconds_whatever_is_before_it()
    {
        TimeSpan longest = TimeSpan.Zero;
        foreach (int seed in ClusterSimulation.Seeds(20, 200))
        {
            World world = new(seed, Faults.None);
            for (int i = world.Random.Next(1, 4); i > 0; i--) world.Join(world.Random.Next(400, 1600));
            long size = world.Random.Next(1, 400);
            world.Submit("large", "blue", 0, [.. Enumerable.Repeat(size, 10_000)]);
            // Once the worker of the other job has filled its queue, at some odd moment; of the same tenant or of another.
            SimulatedJob? small = null;
            world.Time.After(TimeSpan.FromSeconds(20 + (10 * world.Random.NextDouble())), () => small = world.Submit("small", seed % 2 == 0 ? "blue" : "green", 0, [size]));
            Assert.True(world.RunUntil(() => small?.FirstLeaseAt is not null, TimeSpan.FromMinutes(10)), $"{world}: the small job did not start");
            TimeSpan waited = small!.FirstLeaseAt!.Value - small.SubmittedAt;
            Assert.True(waited <= TimeSpan.FromSeconds(5), $"{world}: the small job waited {waited.TotalSeconds} s");
            longest = waited > longest ? waited : longest;
        }
        output.WriteLine($"the longest wait was {longest.TotalSeconds:0.00} s");
    }

    [Fact]
    public void A_tenant_that_was_idle_has_saved_nothing_up()
    {
        foreach (int seed in ClusterSimulation.Seeds(10, 100))
        {
            World world = new(seed, Faults.None);
            world.Join(500);
            SimulatedJob first = world.Submit("first", "blue", 0, [.. Enumerable.Repeat(100L, 5000)]);
            SimulatedJob? second = null;
            world.Time.After(TimeSpan.FromSeconds(300), () => second = world.Submit("second", "green", 0, [.. Enumerable.Repeat(100L, 5000)]));
            world.RunUntil(() => world.Time.Now > TimeSpan.FromSeconds(400), TimeSpan.FromHours(1));
            AssertEven(world, Bytes([first], TimeSpan.FromSeconds(320)), Bytes([second!], TimeSpan.FromSeconds(320)));
        }
    }

    [Fact]
    public void Two_jobs_of_one_tenant_get_the_same_bytes_whichever_is_larger_or_older()
    {
        foreach (int seed in ClusterSimulation.Seeds(10, 100))
        {
            World world = new(seed, Faults.None);
            world.Join(400);
            SimulatedJob large = world.Submit("large", "blue", 0, [.. Enumerable.Repeat((long)world.Random.Next(50, 200), 5000)]);
            SimulatedJob? small = null;
            world.Time.After(TimeSpan.FromSeconds(world.Random.Next(1, 60)), () => small = world.Submit("small", "blue", 0, [.. Enumerable.Repeat((long)world.Random.Next(50, 200), 600)]));
            world.RunUntil(() => world.Time.Now > TimeSpan.FromSeconds(140), TimeSpan.FromHours(1));
            AssertEven(world, Bytes([large], TimeSpan.FromSeconds(70)), Bytes([small!], TimeSpan.FromSeconds(70)));
        }
    }

    [Fact]
    public void What_was_there_already_does_not_count_as_served()
    {
        foreach (int seed in ClusterSimulation.Seeds(10, 100))
        {
            World world = new(seed, Faults.None);
            SimulatedJob resumed = world.Submit("resumed", "blue", 0, [.. Enumerable.Repeat(100L, 4000)]);
            for (int file = 0; file < 3000; file++) resumed.Directory.Publish(file, resumed.RightDigests(file), replace: false);
            SimulatedJob fresh = world.Submit("fresh", "green", 0, [.. Enumerable.Repeat(100L, 4000)]);
            for (int i = world.Random.Next(1, 4); i > 0; i--) world.Join(world.Random.Next(400, 800));
            world.RunUntil(() => resumed.Commits.Count > 20, TimeSpan.FromHours(1));
            // Were it charged, the other job would be given as many bytes meanwhile, and those take minutes.
            TimeSpan start = world.Time.Now;
            Assert.True(start < TimeSpan.FromSeconds(100), $"{world}: 3,000 files that were there took {start.TotalSeconds} s");
            world.RunUntil(() => world.Time.Now > start + s_window, TimeSpan.FromHours(1));
            AssertEven(world, Bytes([resumed], start), Bytes([fresh], start));
        }
    }

    [Fact]
    public void A_dead_worker_costs_less_than_a_minute()
    {
        TimeSpan most = TimeSpan.Zero;
        foreach (int seed in ClusterSimulation.Seeds(100, 1000))
        {
            World world = new(seed, Faults.None, new ClusterOptions());
            for (int i = world.Random.Next(1, 4); i > 0; i--) world.Join(world.Random.Next(100, 400));
            SimulatedWorker doomed = world.Join(world.Random.Next(100, 400));
            SimulatedJob job = world.Submit("job", "blue", 0, [.. Enumerable.Range(0, 200).Select(_ => (long)world.Random.Next(50, 200))]);
            TimeSpan death = TimeSpan.FromSeconds(2 + (20 * world.Random.NextDouble()));
            world.RunUntil(() => world.Time.Now >= death, TimeSpan.FromHours(1));
            doomed.Die();
            double left = job.Sizes.Sum() - job.Commits.Sum(commit => commit.Bytes), rate = world.Workers.Where(worker => !worker.IsDead).Sum(worker => worker.Rate);
            TimeSpan started = world.Time.Now;
            Assert.True(world.RunUntil(() => world.AllSealed, TimeSpan.FromHours(1)), $"{world}: not sealed");
            TimeSpan cost = world.Time.Now - started - TimeSpan.FromSeconds(left / rate);
            Assert.True(cost < TimeSpan.FromSeconds(60), $"{world}: the death of a worker cost {cost.TotalSeconds} s");
            most = cost > most ? cost : most;
        }
        output.WriteLine($"at most {most.TotalSeconds:0.0} s");
    }

    [Fact]
    public void A_shard_larger_than_every_cap_is_written_though_others_keep_everyone_busy()
    {
        foreach (int seed in ClusterSimulation.Seeds(12, 200))
        {
            World world = new(seed, Faults.None, new ClusterOptions { BytesPerWorker = 300, BytesPerTenant = seed % 2 == 0 ? 500 : long.MaxValue });
            world.Join(200);
            world.Submit("small", "blue", 0, [.. Enumerable.Repeat(10L, 3000)]);
            SimulatedJob large = world.Submit("large", seed % 3 == 0 ? "blue" : "green", 0, [250, 800, 250]);
            Assert.True(world.RunUntil(() => large.Directory.Committed == 3, TimeSpan.FromSeconds(90)), $"{world}: {large.Directory.Committed} of 3 large shards are written");
        }
    }

    private static void AssertEven(World world, double one, double two) =>
        Assert.True(Math.Abs(one - two) <= 0.1 * Math.Max(one, two), $"{world}: one got {one} bytes in a minute, the other {two}");

    private static double Bytes(IReadOnlyList<SimulatedJob> jobs, TimeSpan start) =>
        jobs.Sum(job => job.Commits.Where(commit => commit.At >= start && commit.At < start + s_window).Sum(commit => (double)commit.Bytes));
}
