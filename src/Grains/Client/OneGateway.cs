using Orleans.Messaging;

namespace ShardInit.Grains.Client;

/// <summary>
/// One of the gateways that are known, in turn. A client that knows several spreads its calls over them, and one that hangs but holds its connection keeps its share of them; a client of one that has
/// answered does not depend on the others.
/// </summary>
internal sealed class OneGateway(IGatewayListProvider all, int turn) : IGatewayListProvider
{
    private Uri? _chosen;

    public TimeSpan MaxStaleness => all.MaxStaleness;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => all.InitializeGatewayListProvider();

    public async Task<IList<Uri>> GetGateways()
    {
        IList<Uri> known = await all.GetGateways();
        if (known.Count == 0) return known;
        if (_chosen is null || !known.Contains(_chosen)) _chosen = known[turn % known.Count];
        return [_chosen];
    }
}
