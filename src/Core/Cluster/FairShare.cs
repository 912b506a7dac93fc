namespace ShardInit.Cluster;

/// <summary>
/// Start-time fair queueing (Goyal, Vin, Cheng: Start-time Fair Queueing, SIGCOMM 1996) over bytes: each member has a virtual time that grows by bytes ÷ weight when it is served, and the
/// one that is furthest behind goes first. Whoever comes back from having nothing to do starts at the time of the last service, so that nobody saves up credit.
/// </summary>
/// <remarks>Linear in the members: they are tenants, or the jobs of one, not shards.</remarks>
internal sealed class FairShare<TMember> where TMember : notnull
{
    private readonly Dictionary<TMember, Account> _accounts = [];
    private double _now;

    private sealed class Account
    {
        public double Time;
        public bool Waits;
    }

    public void Remove(TMember member) => _accounts.Remove(member);

    /// <summary>How far a member is behind another, in bytes of weight 1; negative when ahead.</summary>
    public double Lag(TMember member, TMember other) => _accounts[other].Time - _accounts[member].Time;

    /// <summary>Members with something to do, furthest behind first; of equals the one that comes first.</summary>
    public IReadOnlyList<TMember> Order(IEnumerable<TMember> waiting)
    {
        HashSet<TMember> now = [.. waiting];
        foreach (TMember member in now)
        {
            if (!_accounts.TryGetValue(member, out Account? account)) _accounts[member] = account = new Account { Time = _now };
            if (!account.Waits) account.Time = Math.Max(account.Time, _now);
            account.Waits = true;
        }
        foreach ((TMember member, Account account) in _accounts) if (!now.Contains(member)) account.Waits = false;
        return [.. now.OrderBy(member => _accounts[member].Time)];
    }

    /// <summary>The member was chosen: its time is that of the service.</summary>
    public void Serve(TMember member) => _now = Math.Max(_now, _accounts[member].Time);

    /// <summary>Adds bytes that it got, or takes back those that it got in vain.</summary>
    public void Charge(TMember member, long bytes, double weight)
    {
        if (_accounts.TryGetValue(member, out Account? account)) account.Time += bytes / weight;
    }

    /// <summary>A member that could not be served for a reason of its own saves up nothing meanwhile.</summary>
    public void Forfeit(TMember member) => _accounts[member].Time = Math.Max(_accounts[member].Time, _now);
}
