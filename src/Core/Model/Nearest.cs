namespace ShardInit.Model;

/// <summary>The likely intention behind a mistyped name: of an option, a key, a recipe, a tensor.</summary>
public static class Nearest
{
    private const int LongestName = 100;

    /// <summary>The candidate with the fewest edits, if it is close enough to be a slip of the fingers; otherwise null.</summary>
    public static string? Of(string text, IEnumerable<string> candidates)
    {
        if (text.Length > LongestName) return null;
        (string? best, int fewest) = (null, Math.Max(1, text.TrimStart('-').Length / 3) + 1);
        foreach (string candidate in candidates)
        {
            int edits = candidate.StartsWith(text, StringComparison.Ordinal) && text.TrimStart('-').Length >= 3 ? 1 : Edits(text, candidate);
            if (edits < fewest) (best, fewest) = (candidate, edits);
        }
        return best;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.</summary>
    private static int Edits(string from, string to)
    {
        int[,] cost = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++) cost[i, 0] = i;
        for (int j = 0; j <= to.Length; j++) cost[0, j] = j;
        for (int i = 1; i <= from.Length; i++)
        {
            for (int j = 1; j <= to.Length; j++)
            {
                int replace = cost[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }
        return cost[from.Length, to.Length];
    }
}
