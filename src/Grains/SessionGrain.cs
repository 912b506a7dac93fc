using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace ShardInit.Grains;

/// <summary>Holds in memory that somebody has proved to be a tenant. Lost with its silo or after a quarter of an hour without calls: the client proves again.</summary>
internal sealed partial class SessionGrain(SessionPolicy policy, ClusterMetrics metrics, ILogger<SessionGrain> log) : Grain, ISessionGrain
{
    private byte[]? _challenge;
    private string? _tenant;

    public Task<byte[]> Challenge() => Task.FromResult(_challenge = RandomNumberGenerator.GetBytes(32));

    public Task<string?> Prove(IReadOnlyList<byte[]> certificate, byte[] signature)
    {
        // Once for each challenge.
        (byte[]? challenge, _challenge) = (_challenge, null);
        if (challenge is null) return Refuse(ISessionGrain.NoChallenge);
        (string? tenant, string? refusal) = policy.Check(certificate);
        if (refusal is not null) return Refuse(refusal);
        using X509Certificate2 own = X509CertificateLoader.LoadCertificate(certificate[0]);
        if (!SessionProof.Verify(own, SessionProof.Message(policy.Cluster, this.GetPrimaryKeyString(), challenge), signature)) return Refuse($"expected the signature of '{own.Subject}' over the challenge, found another");
        _tenant = tenant;
        LogAccepted(log, tenant!);
        return Task.FromResult<string?>(null);
    }

    public Task<string?> Tenant() => Task.FromResult(_tenant);

    private Task<string?> Refuse(string why)
    {
        _tenant = null;
        metrics.CallRefused();
        LogRefused(log, why);
        return Task.FromResult<string?>(why);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "a client proved to be tenant {Tenant}")]
    private static partial void LogAccepted(ILogger log, string tenant);

    [LoggerMessage(Level = LogLevel.Warning, Message = "a client was refused: {Reason}")]
    private static partial void LogRefused(ILogger log, string reason);
}
