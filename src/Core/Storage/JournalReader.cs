using System.Globalization;
using System.Text;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>What one journal says.</summary>
/// <param name="Started">By the clock of the rank's machine: for people only.</param>
internal sealed record JournalContent(int Rank, int World, DateTimeOffset Started, IReadOnlyList<JournalLine> Lines);

/// <param name="File">Index into <see cref="Plan.Files"/>.</param>
/// <param name="Elapsed">Since the rank began.</param>
internal readonly record struct JournalLine(int File, TimeSpan Elapsed, FileDigests Digests);

/// <summary>Reads journals and believes only lines that are whole and fit the plan: everything else is passed over.</summary>
internal static class JournalReader
{
    /// <summary>A hundred thousand tiles with sha256 are 7 MB.</summary>
    private const long MaxLength = 1L << 28;

    /// <summary>
    /// Hands out every committed file that the journals of this plan list, but for those over which they differ: there one machine has computed wrongly, and only the file can
    /// tell what it holds.
    /// </summary>
    public static void ReadAll(FileOperations operations, string directory, Plan plan, Action<int, FileDigests> found)
    {
        Dictionary<int, FileDigests?> all = [];
        foreach (string name in operations.List(directory))
        {
            if (!WorkFiles.IsJournal(name) || TryRead(operations, Path.Combine(directory, name), plan) is not { } journal) continue;
            foreach (JournalLine line in journal.Lines)
            {
                all[line.File] = all.TryGetValue(line.File, out FileDigests? other) && !line.Digests.Equals(other) ? null : line.Digests;
            }
        }
        foreach ((int file, FileDigests? digests) in all)
        {
            if (digests is not null) found(file, digests);
        }
    }

    /// <summary>Null where it is gone, unreadable or of another plan.</summary>
    public static JournalContent? TryRead(FileOperations operations, string path, Plan plan)
    {
        byte[]? bytes;
        try
        {
            bytes = SmallFile.TryRead(operations, path, MaxLength);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ShardFormatException)
        {
            return null;
        }
        return bytes is null ? null : Parse(bytes, plan);
    }

    private static JournalContent? Parse(ReadOnlySpan<byte> bytes, Plan plan)
    {
        JournalContent? content = null;
        List<JournalLine> lines = [];
        for (int end; (end = bytes.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
        {
            if (Words(bytes[..end]) is not { } words) continue;
            if (content is null)
            {
                content = Header(words, plan, lines);
                if (content is null) return null;
            }
            else if (Committed(words, plan) is { } line) lines.Add(line);
        }
        return content;
    }

    /// <summary>The words of a line whose checksum fits.</summary>
    private static string[]? Words(ReadOnlySpan<byte> line)
    {
        int space = line.LastIndexOf((byte)' ');
        if (space < 0 || !uint.TryParse(line[(space + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint crc)) return null;
        return Crc32.Compute(line[..space]) == crc ? Encoding.ASCII.GetString(line[..space]).Split(' ') : null;
    }

    private static JournalContent? Header(string[] words, Plan plan, List<JournalLine> lines)
    {
        if (words.Length < 6 || words[0] != "journal" || words[1] != Journal.Version.ToString(CultureInfo.InvariantCulture) || words[2] != plan.PlanId) return null;
        if (!TryNumber(words[3], int.MaxValue, out long rank) || !TryNumber(words[4], int.MaxValue, out long world) || !TryNumber(words[5], 253402300799999, out long started)) return null;
        return new JournalContent((int)rank, (int)world, DateTimeOffset.FromUnixTimeMilliseconds(started), lines);
    }

    private static JournalLine? Committed(string[] words, Plan plan)
    {
        if (words.Length < 4 || words[0] != "committed" || !TryNumber(words[1], plan.Files.Length - 1, out long file) || !TryNumber(words[2], long.MaxValue / 10_000, out long elapsed)) return null;
        string[] tiles = words[4..];
        if (tiles.Length != plan.Files[(int)file].Tiles.Length || !Digests.IsText(plan.DigestKind, words[3]) || !tiles.All(tile => Digests.IsText(plan.DigestKind, tile))) return null;
        return new JournalLine((int)file, TimeSpan.FromMilliseconds(elapsed), FileDigests.Of(plan.DigestKind, words[3], tiles));
    }

    private static bool TryNumber(string word, long most, out long number) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
}
