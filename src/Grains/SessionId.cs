using System.Security.Cryptography;
using System.Text;

namespace ShardInit.Grains;

/// <summary>
/// The random text that a client proves itself by once and shows with each call. The grain that remembers the proof has a hash of it as its key: keys of grains stand in warnings of the runtime, in its
/// statistics and in messages of errors, and whoever reads those must not be able to act for a tenant.
/// </summary>
internal static class SessionId
{
    private const int Digits = 64;

    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Digits / 2));

    public static bool IsOne(string text) => text.Length == Digits && text.All(char.IsAsciiHexDigitLower);

    /// <summary>With letters in front: Orleans takes keys of hexadecimal digits for numbers.</summary>
    public static string KeyOf(string id) => $"session/{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"ShardInit session key\0{id}")))}";
}
