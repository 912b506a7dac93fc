namespace ShardInit.Model;

/// <summary>
/// From the name that a tensor has in the checkpoint of the class with a head, which is also its logical name where it is stored alone, to the name under which
/// it is stored here. Names of memory, of headless classes and of wrappers are aliases: they move no value.
/// </summary>
/// <param name="Replacements">Parts of names and what stands for them, in order.</param>
/// <param name="Removed">A prefix to take away; a name without it is not stored at all.</param>
/// <param name="Added">A wrapper's prefix.</param>
internal sealed record StoredNames((string From, string To)[] Replacements, string Removed, (string From, string To)[] Added)
{
    public static readonly StoredNames AsTheyAre = new([], "", []);

    /// <summary>The stored name, or null for a tensor that this class does not have.</summary>
    public string? Of(string name)
    {
        if (!name.StartsWith(Removed, StringComparison.Ordinal)) return null;
        foreach ((string from, string to) in Replacements) name = name.Replace(from, to, StringComparison.Ordinal);
        name = name[Removed.Length..];
        foreach ((string from, string to) in Added) if (name.StartsWith(from, StringComparison.Ordinal)) return to + name[from.Length..];
        return name;
    }
}
