using System.Globalization;
using ShardInit.Errors;

namespace ShardInit.Ranks;

/// <summary>
/// The environment as launchers leave it. A variable that makes no sense is not the user's mistake: it becomes a note and counts as not set.
/// An empty variable counts as not set too, as shells and job files leave them behind.
/// </summary>
internal sealed class LauncherVariables(Func<string, string?> environment)
{
    private readonly List<string> _notes = [];

    /// <summary>What was ignored and why, each one line, each once.</summary>
    public IReadOnlyList<string> Notes => _notes;

    public bool Has(string name) => Text(name) is not null;

    public string? Text(string name) => environment(name) is { Length: > 0 } text ? text : null;

    public void Note(string note)
    {
        if (!_notes.Contains(note)) _notes.Add(note);
    }

    /// <summary>An integer from <paramref name="least"/> on; null with a note where the text is something else, null without one where there is none.</summary>
    public int? Number(string name, int least = 0)
    {
        if (Text(name) is not { } text) return null;
        if (TryNumber(text, least, int.MaxValue, out int value)) return value;
        Note($"{name}: expected an integer from {least} on, found {Problems.Quote(text)}; ignored");
        return null;
    }

    /// <summary>A launcher that has one variable for the rank, one for the world and one for the ranks of this machine.</summary>
    public RankIdentity? Identity(string source, string rankName, string worldName, string localName)
    {
        if (!Has(rankName) && !Has(worldName)) return null;
        if (!Has(rankName) || !Has(worldName))
        {
            (string present, string missing) = Has(rankName) ? (rankName, worldName) : (worldName, rankName);
            Note($"{present}: expected {missing} beside it, as {source} sets both; ignored");
            return null;
        }
        return Number(rankName) is { } rank && Number(worldName, 1) is { } world ? Identity(source, (rankName, rank), (worldName, world), Number(localName, 1) ?? 1) : null;
    }

    /// <summary>Null with a note where the numbers do not go together.</summary>
    public RankIdentity? Identity(string source, (string Name, int Value) rank, (string Name, int Value) world, int localRanks)
    {
        if (world.Value > RankIdentity.MaxWorld || rank.Value >= world.Value)
        {
            Note(world.Value > RankIdentity.MaxWorld
                ? $"{world.Name}: expected at most {RankIdentity.MaxWorld} ranks, found {world.Value}; ignored"
                : $"{rank.Name}: expected less than the {world.Value} of {world.Name}, found {rank.Value}; ignored");
            return null;
        }
        return new RankIdentity(rank.Value, world.Value, source, Math.Min(localRanks, world.Value));
    }

    /// <summary>Digits and nothing else, within [least, most].</summary>
    public static bool TryNumber(string text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
}
