namespace ShardInit.Model;

/// <summary>The likely intention behind a misspelt name.</summary>
internal static class Nearest
{
    /// <summary>The candidate with the smallest edit distance, if that is at most a third of the length of the name; otherwise null.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        if (name.Length > 100) return null;
        (string? best, int distance) = (null, (name.Length / 3) + 1);
        foreach (string candidate in candidates)
        {
            int edits = Distance(name, candidate);
            if (edits < distance) (best, distance) = (candidate, edits);
        }
        return best;
    }

    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[right.Length];
    }
}
