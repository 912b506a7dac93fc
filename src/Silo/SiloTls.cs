using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Orleans.Connections.Security;
using ShardInit.Errors;
using ShardInit.Grains;

namespace ShardInit.Silo;

/// <summary>
/// TLS of a silo, as a server of clients and silos and as a client of silos: shows its certificate with what stands between it and the authority, and insists on the other side's.
/// </summary>
internal sealed class SiloTls(Certificates certificates, string hostName)
{
    private static readonly AsyncLocal<Handshake?> s_current = new();

    private readonly SslStreamCertificateContext _shown = SslStreamCertificateContext.Create(certificates.Own, certificates.Chain, offline: true);

    /// <summary>Of the flow that asks: the runtime tells its log that one has failed, but neither with whom nor why.</summary>
    public static Handshake? Current => s_current.Value;

    public void Configure(TlsOptions options)
    {
        options.LocalCertificate = certificates.Own;
        options.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = Accepts;
        options.OnAuthenticateAsServer = (connection, authentication) =>
        {
            s_current.Value = new Handshake(Address(connection), IsOutgoing: false);
            SslServerAuthenticationOptions own = (SslServerAuthenticationOptions)authentication.SslServerAuthenticationOptions;
            // One of the three is allowed.
            (own.ServerCertificate, own.ServerCertificateSelectionCallback, own.ServerCertificateContext) = (null, null, _shown);
        };
        options.OnAuthenticateAsClient = (connection, authentication) =>
        {
            s_current.Value = new Handshake(Address(connection), IsOutgoing: true);
            authentication.TargetHost = hostName;
            SslClientAuthenticationOptions own = (SslClientAuthenticationOptions)authentication.SslClientAuthenticationOptions;
            own.ClientCertificateContext = _shown;
        };
    }

    private bool Accepts(X509Certificate2 certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        string? refusal = s_current.Value switch
        {
            null => "the connection is not known",
            { IsOutgoing: true } when errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) =>
                $"the certificate {Problems.Quote(certificate.Subject)} has not the name {Problems.Quote(hostName)}; set tls.hostName to a name that the certificates of all silos have",
            var handshake => certificates.Problem(certificate, sent?.ChainPolicy.ExtraStore ?? [], handshake.IsOutgoing ? Trust.Servers : Trust.Clients),
        };
        if (s_current.Value is { } current) current.Refusal = refusal;
        return refusal is null;
    }

    /// <summary>Without the port, which is another one each time: the same trouble is then the same line.</summary>
    private static string Address(ConnectionContext connection) => connection.RemoteEndPoint is System.Net.IPEndPoint remote ? remote.Address.ToString() : connection.RemoteEndPoint?.ToString() ?? "an unknown address";
}

/// <summary>A connection whose sides are still proving who they are.</summary>
/// <param name="Address">Of the other side.</param>
/// <param name="IsOutgoing">This silo is the client.</param>
internal sealed record Handshake(string Address, bool IsOutgoing)
{
    /// <summary>Why the other side's certificate was turned away.</summary>
    public string? Refusal { get; set; }
}
