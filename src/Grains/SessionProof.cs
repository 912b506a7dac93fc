using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ShardInit.Grains;

/// <summary>What client and cluster sign and check.</summary>
public static class SessionProof
{
    /// <summary>Bytes: a purpose, the cluster, the session and its challenge, each ended by a zero byte but the last. No other protocol signs such a text.</summary>
    public static byte[] Message(string clusterId, string session, ReadOnlySpan<byte> challenge) =>
        [.. Encoding.UTF8.GetBytes($"ShardInit session\0{clusterId}\0{session}\0"), .. challenge];

    /// <exception cref="CryptographicException">The certificate's key is neither ECDSA nor RSA, or cannot sign.</exception>
    public static byte[] Sign(X509Certificate2 certificate, byte[] message)
    {
        using ECDsa? curve = certificate.GetECDsaPrivateKey();
        if (curve is not null) return curve.SignData(message, HashAlgorithmName.SHA256);
        using RSA rsa = certificate.GetRSAPrivateKey() ?? throw new CryptographicException("expected a certificate with an ECDSA or RSA private key");
        return rsa.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
    }

    public static bool Verify(X509Certificate2 certificate, byte[] message, byte[] signature)
    {
        using ECDsa? curve = certificate.GetECDsaPublicKey();
        if (curve is not null) return curve.VerifyData(message, signature, HashAlgorithmName.SHA256);
        using RSA? rsa = certificate.GetRSAPublicKey();
        return rsa is not null && rsa.VerifyData(message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
    }
}
