using System.Security.Cryptography;
using System.Text;

namespace ShardInit.Cluster;

/// <summary>
/// Identity of a job: SHA-256 of what is written and where, 32 lower-case hex digits. The client computes it, so that the same submit again, for instance after a time-out whose
/// outcome nobody knows, is the same job.
/// </summary>
public static class JobId
{
    public const int Length = 32;

    public static string Of(OutputName output, string planId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"ShardInit job\0{output}\0{planId}")).AsSpan(0, Length / 2));

    public static bool IsText(string text) => text.Length == Length && text.All(char.IsAsciiHexDigitLower);
}
