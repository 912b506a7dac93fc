namespace ShardInit.Ranks;

/// <summary>How patient a rank is. Nothing of it changes a byte: too little patience repeats work, too much waits.</summary>
public sealed record RankOptions
{
    /// <summary>End after the own share: no helping, no sealing.</summary>
    public bool OwnShareOnly { get; init; }

    /// <summary>
    /// How long a name that must be there may stay invisible. Caches of network file systems hide new names for 30 to 60 s (acdirmin and acdirmax of nfs(5)).
    /// </summary>
    public TimeSpan HiddenNames { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Least and most time to leave a file to the one who claims it; between them it is three times what such a file took here.</summary>
    public TimeSpan LeastClaim { get; init; } = TimeSpan.FromSeconds(3);
    public TimeSpan MostClaim { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks at files that others work on.</summary>
    public TimeSpan FirstLook { get; init; } = TimeSpan.FromMilliseconds(20);
    public TimeSpan LastLook { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often one file, or the sealing, is tried again after an error that network file systems report for things that went well or will go well.</summary>
    public int Attempts { get; init; } = 4;
}
