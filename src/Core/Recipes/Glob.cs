namespace ShardInit.Recipes;

/// <summary>
/// A pattern for whole names: <c>*</c> any run of characters, dots included; <c>?</c> one character; <c>[abc]</c>, <c>[0-9]</c>, <c>[!x]</c> one of a
/// set; <c>{a,b}</c> one of several; <c>\</c> takes the next character as it is. Matching steps back to the last star only: linear in practice,
/// length of name times length of pattern at most.
/// </summary>
internal sealed class Glob
{
    public const int MaxAlternatives = 64;

    private readonly string[] _alternatives;

    private Glob(string text, string[] alternatives) => (Text, _alternatives) = (text, alternatives);

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <exception cref="FormatException">The pattern is malformed.</exception>
    public static Glob Parse(string pattern)
    {
        if (pattern.Length == 0) throw new FormatException("an empty pattern matches nothing");
        List<string> alternatives = Expand(pattern);
        foreach (string alternative in alternatives) Check(alternative);
        return new Glob(pattern, [.. alternatives]);
    }

    public bool IsMatch(string name)
    {
        foreach (string alternative in _alternatives) if (IsMatch(alternative, name)) return true;
        return false;
    }

    // One pair of braces after another, the first one first; a result may hold further pairs.
    private static List<string> Expand(string pattern)
    {
        List<string> done = [];
        Queue<string> open = new([pattern]);
        while (open.TryDequeue(out string? current))
        {
            if (done.Count + open.Count > MaxAlternatives) throw new FormatException($"more than {MaxAlternatives} alternatives in braces");
            int start = Find(current, '{', 0);
            if (start < 0)
            {
                if (Find(current, '}', 0) >= 0) throw new FormatException("'}' without '{'");
                done.Add(current);
                continue;
            }
            int end = Find(current, '}', start);
            if (end < 0 || Find(current[..end], '{', start + 1) >= 0) throw new FormatException(end < 0 ? "'{' without '}'" : "braces inside braces");
            foreach (string choice in current[(start + 1)..end].Split(',')) open.Enqueue(current[..start] + choice + current[(end + 1)..]);
        }
        return done;
    }

    private static int Find(string pattern, char wanted, int start)
    {
        for (int i = start; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\') i++;
            else if (pattern[i] == wanted) return i;
        }
        return -1;
    }

    private static void Check(string pattern)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\' && ++i == pattern.Length) throw new FormatException("'\\' at the end");
            else if (pattern[i] == '[' && (i = SetEnd(pattern, i)) < 0) throw new FormatException("'[' without ']'");
        }
    }

    // Position of the ']' that closes the set at start; one directly after '[' or '[!' is a member.
    private static int SetEnd(string pattern, int start)
    {
        int first = start + (start + 1 < pattern.Length && pattern[start + 1] == '!' ? 2 : 1);
        return first + 1 > pattern.Length ? -1 : pattern.IndexOf(']', Math.Min(first + 1, pattern.Length));
    }

    private static bool IsMatch(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && One(pattern, ref p, name[n]))
            {
                // A character beyond U+FFFF is a pair; '?' takes both halves.
                n += pattern[p - 1] == '?' && char.IsHighSurrogate(name[n]) && n + 1 < name.Length ? 2 : 1;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    // Does one character match the element at p? Moves p behind the element where it does.
    private static bool One(string pattern, ref int p, char c)
    {
        switch (pattern[p])
        {
            case '?': p++; return true;
            case '\\' when pattern[p + 1] == c: p += 2; return true;
            case '\\': return false;
            case '[':
                int end = SetEnd(pattern, p);
                if (!InSet(pattern.AsSpan((p + 1)..end), c)) return false;
                p = end + 1;
                return true;
            default:
                if (pattern[p] != c) return false;
                p++;
                return true;
        }
    }

    private static bool InSet(ReadOnlySpan<char> set, char c)
    {
        bool wanted = true;
        if (set[0] == '!')
        {
            wanted = false;
            set = set[1..];
        }
        for (int i = 0; i < set.Length; i++)
        {
            bool range = i + 2 < set.Length && set[i + 1] == '-';
            if (range ? set[i] <= c && c <= set[i + 2] : set[i] == c) return wanted;
            if (range) i += 2;
        }
        return !wanted;
    }
}
