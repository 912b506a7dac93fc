using Orleans.Runtime;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>A number that is kept, and a reminder that counts.</summary>
public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Add();

    Task<int> Value();

    Task<SiloAddress> Place();

    Task Remind();

    Task<int> Ticks();
}

[GenerateSerializer]
public sealed class CounterState
{
    [Id(0)]
    public int Value { get; set; }

    [Id(1)]
    public int Ticks { get; set; }
}

public sealed class CounterGrain([PersistentState("counter")] IPersistentState<CounterState> state, ILocalSiloDetails silo) : Grain, ICounterGrain, IRemindable
{
    public async Task<int> Add()
    {
        state.State.Value++;
        await state.WriteStateAsync();
        return state.State.Value;
    }

    public Task<int> Value() => Task.FromResult(state.State.Value);

    public Task<SiloAddress> Place() => Task.FromResult(silo.SiloAddress);

    public Task Remind() => this.RegisterOrUpdateReminder("tick", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300));

    public Task<int> Ticks() => Task.FromResult(state.State.Ticks);

    public async Task ReceiveReminder(string name, TickStatus status)
    {
        state.State.Ticks++;
        await state.WriteStateAsync();
    }
}
