using System.Text;

namespace ShardInit.Model;

/// <summary>What a tensor name may be, and the one order in which tensors stand everywhere: that of the bytes of the UTF-8 form.</summary>
public static class TensorNames
{
    /// <summary>Longest name in UTF-8 bytes.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Null for a good name, otherwise why it is refused.</summary>
    public static string? Refusal(string name)
    {
        if (name.Length == 0) return "the name is empty";
        foreach (char c in name) if (char.IsControl(c)) return $"the name holds a control character (U+{(int)c:X4})";
        if (!HasUtf8Form(name)) return "the name holds half a surrogate pair and has no UTF-8 form";
        return Encoding.UTF8.GetByteCount(name) > MaxBytes ? $"the name is longer than {MaxBytes} bytes" : null;
    }

    /// <summary>False where half of a surrogate pair stands alone: such a text cannot be written as UTF-8.</summary>
    public static bool HasUtf8Form(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }
        return true;
    }

    /// <summary>
    /// Compares as the UTF-8 bytes would compare. UTF-16 order differs from it only where a surrogate (U+10000 and above) meets a character from
    /// U+E000: the surrogate is moved up, behind it.
    /// </summary>
    public static int Compare(string left, string right)
    {
        int shared = left.AsSpan().CommonPrefixLength(right);
        if (shared == left.Length || shared == right.Length) return left.Length.CompareTo(right.Length);
        return Rank(left[shared]).CompareTo(Rank(right[shared]));
    }

    public static IComparer<string> Order { get; } = Comparer<string>.Create(Compare);

    private static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
