namespace ShardInit.Grains.Client;

/// <summary>Who this client is, for each call.</summary>
internal interface IClusterSession
{
    /// <summary>Called within each call: the context goes along with it and ends with it.</summary>
    void Attach();

    /// <summary>Whether a silo that held the session is gone: then it is proved again.</summary>
    bool IsForgotten(UnauthorizedAccessException error);

    /// <exception cref="UnauthorizedAccessException">The cluster does not accept the certificate.</exception>
    Task ProveAsync();
}

/// <summary>A session that the client has proved with its certificate, or where there are none a tenant that it claims.</summary>
internal sealed class ClusterSession(ClusterSettings settings, ClusterConnection connection) : IClusterSession
{
    private readonly string _id = SessionId.New();
    private readonly SemaphoreSlim _proving = new(1);

    public void Attach()
    {
        if (connection.Certificate is not null) RequestContext.Set(ISessionGrain.ContextKey, _id);
        else if (settings.Tenant is { } tenant) RequestContext.Set(ISessionGrain.UnprovedTenantKey, tenant);
    }

    public bool IsForgotten(UnauthorizedAccessException error) => connection.Certificate is not null && error.Message.Contains(CallGate.UnknownSession, StringComparison.Ordinal);

    public async Task ProveAsync()
    {
        if (connection.Certificate is not { } certificate) return;
        string key = SessionId.KeyOf(_id);
        // One after the other: a second challenge would make the first one's proof a wrong one.
        await _proving.WaitAsync();
        try
        {
            Attach();
            ISessionGrain session = connection.Grains.GetGrain<ISessionGrain>(key);
            byte[] challenge = await session.Challenge();
            byte[] signature = SessionProof.Sign(certificate.Own, SessionProof.Message(settings.Cluster, key, challenge));
            string? refusal = await session.Prove(certificate.Encoded, signature);
            // The silo that drew the number has gone meanwhile: that says nothing about this client.
            if (refusal == ISessionGrain.NoChallenge) throw new TimeoutException("the silo that held the session has just gone");
            if (refusal is not null) throw new UnauthorizedAccessException($"the cluster does not accept the certificate '{certificate.Own.Subject}': {refusal}");
        }
        finally
        {
            _proving.Release();
        }
    }
}
