using System.Globalization;
using ShardInit.Errors;

namespace ShardInit.Planning;

/// <summary>Seeds as texts: decimal numbers below 2^64 without leading zeros, so that equal seeds are equal texts and no reader rounds them.</summary>
internal static class Seeds
{
    public static string Text(ulong seed) => seed.ToString(CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out ulong seed) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed) && Text(seed) == text;

    public static string Refusal(string text) => $"seed: expected a decimal number below 2^64, found {Problems.Quote(text)}";
}
