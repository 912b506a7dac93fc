using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Silo.Postgres;

namespace ShardInit.Cluster.Tests.Postgres;

/// <summary>Orleans' own providers over our tables and queries, many callers at once: of those that start from one version one wins, and the others change nothing.</summary>
[Collection(PostgresCollection.Name)]
public sealed class ProviderTests(PostgresFixture fixture)
{
    private const int Callers = 8;

    private static readonly DateTime s_now = new(2030, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);

    [SkippableFact]
    public async Task Of_eight_silos_that_join_at_one_version_one_does()
    {
        using IHost host = Host(await DatabaseAsync());
        IMembershipTable table = await TableAsync(host);
        for (int round = 0; round < 25; round++)
        {
            TableVersion version = (await table.ReadAllAsync()).Version;
            Assert.Equal(round, version.Version);
            bool[] joined = await AllAsync(caller => table.InsertRowAsync(Entry(round * Callers + caller), version.Next()));
            Assert.Equal(1, joined.Count(yes => yes));
            Assert.Equal(round + 1, (await table.ReadAllAsync()).Members.Count);
        }
        // Joining twice is no way to step the version.
        MembershipTableData all = await table.ReadAllAsync();
        Assert.False(await table.InsertRowAsync(all.Members[0].Item1, all.Version.Next()));
        Assert.Equal(all.Version.Version, (await table.ReadAllAsync()).Version.Version);
    }

    [SkippableFact]
    public async Task Of_eight_changes_at_one_version_one_is_made_while_signs_of_life_come_in()
    {
        using IHost host = Host(await DatabaseAsync());
        IMembershipTable table = await TableAsync(host);
        for (int silo = 0; silo < Callers; silo++) Assert.True(await table.InsertRowAsync(Entry(silo), (await table.ReadAllAsync()).Version.Next()));
        using CancellationTokenSource stop = new();
        Task alive = Task.Run(async () =>
        {
            for (int round = 0; !stop.IsCancellationRequested && round < 100000; round++)
            {
                for (int silo = 0; silo < Callers; silo++) await table.UpdateIAmAliveAsync(Entry(silo));
            }
        });
        for (int round = 0; round < 25; round++)
        {
            MembershipTableData before = await table.ReadAllAsync();
            bool[] changed = await AllAsync(caller =>
            {
                MembershipEntry entry = Entry(caller);
                entry.Status = SiloStatus.ShuttingDown;
                entry.AddSuspector(Entry(round).SiloAddress, s_now);
                return table.UpdateRowAsync(entry, before.Version.VersionEtag, before.Version.Next());
            });
            MembershipTableData after = await table.ReadAllAsync();
            Assert.Equal(1, changed.Count(yes => yes));
            Assert.Equal(before.Version.Version + 1, after.Version.Version);
            MembershipEntry winner = after.Members.Single(member => member.Item1.SiloAddress.Equals(Entry(Array.IndexOf(changed, true)).SiloAddress)).Item1;
            Assert.Equal(SiloStatus.ShuttingDown, winner.Status);
            Assert.Equal(Entry(round).SiloAddress, Assert.Single(winner.SuspectTimes!).Item1);
        }
        await stop.CancelAsync();
        await alive;
        // A silo that is not there cannot be changed, and the version stays.
        TableVersion last = (await table.ReadAllAsync()).Version;
        Assert.False(await table.UpdateRowAsync(Entry(1000), last.VersionEtag, last.Next()));
        Assert.Equal(last.Version, (await table.ReadAllAsync()).Version.Version);
    }

    [SkippableFact]
    public async Task A_row_comes_back_as_it_was_written()
    {
        using IHost host = Host(await DatabaseAsync());
        IMembershipTable table = await TableAsync(host);
        Assert.True(await table.InsertRowAsync(Entry(7), (await table.ReadAllAsync()).Version.Next()));
        MembershipTableData read = await table.ReadRowAsync(Entry(7).SiloAddress);
        MembershipEntry entry = Assert.Single(read.Members).Item1;
        Assert.Equal(1, read.Version.Version);
        Assert.Equal((Entry(7).SiloAddress, "silo-7", "host-7", SiloStatus.Active, 30007, s_now, s_now), (entry.SiloAddress, entry.SiloName, entry.HostName, entry.Status, entry.ProxyPort, entry.StartTime, entry.IAmAliveTime));
        Assert.Empty((await table.ReadRowAsync(Entry(8).SiloAddress)).Members);
        // Starting again finds the version that is there.
        await table.InitializeMembershipTableAsync(true);
        Assert.Equal(1, (await table.ReadAllAsync()).Version.Version);
        await table.DeleteMembershipTableEntriesAsync("test");
        await table.InitializeMembershipTableAsync(true);
        Assert.Equal((0, 0), ((await table.ReadAllAsync()).Version.Version, (await table.ReadAllAsync()).Members.Count));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cleaning_up_takes_the_old_dead(bool oneByOne)
    {
        string database = await DatabaseAsync();
        // Providers before 10.4.2 know of the other query only.
        if (!oneByOne) await PostgresServer.ExecuteAsync(database, "DELETE FROM OrleansQuery WHERE QueryKey = 'CleanupDefunctSiloEntryKey'");
        using IHost host = Host(database);
        IMembershipTable table = await TableAsync(host);
        (SiloStatus Status, int DaysOld, bool Stays)[] cases = [(SiloStatus.Dead, 9, false), (SiloStatus.Dead, 5, true), (SiloStatus.Active, 9, true), (SiloStatus.Joining, 9, true)];
        for (int silo = 0; silo < cases.Length; silo++)
        {
            MembershipEntry entry = Entry(silo);
            entry.Status = cases[silo].Status;
            entry.StartTime = entry.IAmAliveTime = s_now.AddDays(-cases[silo].DaysOld);
            if (silo == 0) entry.AddSuspector(Entry(1).SiloAddress, s_now.AddDays(-9));
            Assert.True(await table.InsertRowAsync(entry, (await table.ReadAllAsync()).Version.Next()));
        }
        await AllAsync(async _ =>
        {
            await table.CleanupDefunctSiloEntriesAsync(s_now.AddDays(-7));
            return true;
        });
        MembershipTableData left = await table.ReadAllAsync();
        Assert.Equal(Enumerable.Range(0, cases.Length).Where(silo => cases[silo].Stays).Select(silo => Entry(silo).SiloAddress), left.Members.Select(member => member.Item1.SiloAddress).OrderBy(address => address.Endpoint.Port));
        Assert.Equal(cases.Length, left.Version.Version);
    }

    [SkippableTheory]
    [InlineData("Default")]
    [InlineData("forgetful")]
    public async Task Of_eight_writes_at_one_version_one_is_stored(string provider)
    {
        using IHost host = await TestSilo.StartAsync(await DatabaseAsync());
        IGrainStorage storage = host.Services.GetRequiredKeyedService<IGrainStorage>(provider);
        // As long as the key of a range can get, and longer than an index takes.
        GrainId grain = GrainId.Create("shard", new string('ä', 3000) + "/5");
        string? stale = null;
        for (int round = 0; round < 25; round++)
        {
            GrainState<CounterState> read = new();
            await storage.ReadStateAsync("shard", grain, read);
            Assert.Equal(round > 0, read.RecordExists);
            object?[] outcomes = await AllAsync(async caller =>
            {
                GrainState<CounterState> state = new(new CounterState { Value = round * Callers + caller }) { ETag = read.ETag, RecordExists = read.RecordExists };
                try
                {
                    await storage.WriteStateAsync("shard", grain, state);
                    return (object?)state;
                }
                catch (InconsistentStateException)
                {
                    Assert.Equal(read.ETag, state.ETag);
                    return null;
                }
            });
            GrainState<CounterState> winner = Assert.IsType<GrainState<CounterState>>(Assert.Single(outcomes, outcome => outcome is not null));
            GrainState<CounterState> after = new();
            await storage.ReadStateAsync("shard", grain, after);
            Assert.Equal((winner.State!.Value, winner.ETag), (after.State!.Value, after.ETag));
            stale ??= after.ETag;
        }
        GrainState<CounterState> last = new();
        await storage.ReadStateAsync("shard", grain, last);
        GrainState<CounterState> old = new(new CounterState()) { ETag = stale, RecordExists = true };
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("shard", grain, old));
        await storage.ClearStateAsync("shard", grain, last);
        GrainState<CounterState> cleared = new();
        await storage.ReadStateAsync("shard", grain, cleared);
        Assert.False(cleared.RecordExists);
        Assert.Equal(provider == "forgetful", cleared.ETag is null);
        // Made again it has a version that none before it had: an old activation still changes nothing.
        await storage.WriteStateAsync("shard", grain, cleared);
        old = new(new CounterState()) { ETag = stale, RecordExists = true };
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("shard", grain, old));
        await host.StopAsync();
    }

    [SkippableFact]
    public async Task Names_of_grains_are_kept_apart()
    {
        using IHost host = await TestSilo.StartAsync(await DatabaseAsync());
        IGrainStorage storage = host.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        // None that Orleans reads as a number: it takes "b" and "B" for the same one.
        (string Type, string Key)[] names = [("a", "x,1:y"), ("a", "x"), ("ax", "y"), ("a", "xy"), ("a", "X"), ("a", "é"), ("a", "e\u0301"), ("a", "job/5/shared/x"), ("a", "job/5/shared/x ")];
        for (int name = 0; name < names.Length; name++)
        {
            await storage.WriteStateAsync(names[name].Type, GrainId.Create(names[name].Type, names[name].Key), new GrainState<CounterState>(new CounterState { Value = name }));
        }
        for (int name = 0; name < names.Length; name++)
        {
            GrainState<CounterState> read = new();
            await storage.ReadStateAsync(names[name].Type, GrainId.Create(names[name].Type, names[name].Key), read);
            Assert.Equal(name, read.State!.Value);
        }
        await host.StopAsync();
    }

    [SkippableFact]
    public async Task Reminders_are_found_by_grain_and_by_every_arc_of_the_ring()
    {
        using IHost host = Host(await DatabaseAsync());
        IReminderTable table = host.Services.GetRequiredService<IReminderTable>();
        await table.StartAsync();
        GrainId[] grains = [.. Enumerable.Range(0, 60).Select(number => GrainId.Create("range", $"job/{number}/{new string('x', number * 40)}"))];
        foreach (GrainId grain in grains) await table.UpsertRow(Reminder(grain, "tick"));
        await table.UpsertRow(Reminder(grains[0], "other"));

        Assert.Equal(["other", "tick"], (await table.ReadRows(grains[0])).Reminders.Select(reminder => reminder.ReminderName).Order());
        ReminderEntry read = (await table.ReadRow(grains[3], "tick"))!;
        Assert.Equal((grains[3], s_now, TimeSpan.FromDays(30)), (read.GrainId, read.StartAt, read.Period)); // more milliseconds than 32 bits
        Assert.Null(await table.ReadRow(grains[3], "nosuch"));

        uint[] ends = [0, 1, int.MaxValue, 0x80000000, uint.MaxValue, .. grains.Take(6).Select(grain => grain.GetUniformHashCode())];
        foreach (uint begin in ends)
        {
            foreach (uint end in ends)
            {
                string[] expected = [.. grains.Where(grain => IsInArc(grain.GetUniformHashCode(), begin, end)).Select(grain => grain.ToString()).Order(StringComparer.Ordinal)];
                ReminderTableData found = await table.ReadRows(begin, end);
                Assert.Equal(expected, found.Reminders.Where(reminder => reminder.ReminderName == "tick").Select(reminder => reminder.GrainId.ToString()).Order(StringComparer.Ordinal));
            }
        }

        string? first = (await table.ReadRow(grains[1], "tick"))!.ETag;
        string? second = await table.UpsertRow(Reminder(grains[1], "tick"));
        Assert.NotEqual(first, second);
        Assert.False(await table.RemoveRow(grains[1], "tick", first!));
        bool[] removed = await AllAsync(_ => table.RemoveRow(grains[1], "tick", second!));
        Assert.Equal(1, removed.Count(yes => yes));
        Assert.Null(await table.ReadRow(grains[1], "tick"));
        await AllAsync(_ => table.UpsertRow(Reminder(grains[1], "tick")));
        Assert.Single((await table.ReadRows(grains[1])).Reminders);

        // Open at its begin, closed at its end; equal ends are the whole ring.
        static bool IsInArc(uint hash, uint begin, uint end) => begin == end || (begin < end ? hash > begin && hash <= end : hash > begin || hash <= end);
    }

    private async Task<string> DatabaseAsync()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await SchemaInstaller.EnsureAsync(database, create: true, default);
        return database;
    }

    /// <summary>The services of a silo that is not started.</summary>
    private static IHost Host(string database) => TestSilo.Build(database, FreePorts.Take(), FreePorts.Take());

    private static async Task<IMembershipTable> TableAsync(IHost host)
    {
        IMembershipTable table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true);
        return table;
    }

    private static MembershipEntry Entry(int number) => new()
    {
        SiloAddress = SiloAddress.New(System.Net.IPAddress.Loopback, 11000 + number, number + 1),
        SiloName = $"silo-{number}",
        HostName = $"host-{number}",
        Status = SiloStatus.Active,
        ProxyPort = 30000 + number,
        StartTime = s_now,
        IAmAliveTime = s_now,
    };

    private static ReminderEntry Reminder(GrainId grain, string name) => new() { GrainId = grain, ReminderName = name, StartAt = s_now, Period = TimeSpan.FromDays(30) };

    private static Task<T[]> AllAsync<T>(Func<int, Task<T>> call) => Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => call(caller))));
}
