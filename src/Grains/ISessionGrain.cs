namespace ShardInit.Grains;

/// <summary>
/// A client proves who it is: it signs a number that the cluster drew, with the key of its certificate. The client draws an id that nobody else knows and sends it with each call, over TLS.
/// Key: <see cref="SessionId.KeyOf"/> of it. Orleans hands a call from silo to silo, so the certificate of a connection says nothing where a call is checked.
/// </summary>
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Name in the request context.</summary>
    const string ContextKey = "shardinit-session";

    /// <summary>Tenant that a client names where the cluster runs without certificates; else ignored.</summary>
    const string UnprovedTenantKey = "shardinit-tenant";

    /// <summary>What <see cref="Prove"/> says where nobody asked for a challenge: the silo that had it is gone, and a client begins again.</summary>
    const string NoChallenge = "expected a challenge before the proof; ask for one";

    /// <summary>Begins: 32 bytes to sign.</summary>
    Task<byte[]> Challenge();

    /// <summary>Null when accepted, otherwise why not.</summary>
    /// <param name="certificate">DER, the client's own first.</param>
    /// <param name="signature">Over <see cref="SessionProof.Message"/>: ECDSA or RSA-PSS with SHA-256.</param>
    Task<string?> Prove(IReadOnlyList<byte[]> certificate, byte[] signature);

    /// <summary>For silos: the tenant; null where nobody has proved anything.</summary>
    Task<string?> Tenant();
}
