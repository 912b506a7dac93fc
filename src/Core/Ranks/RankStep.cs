namespace ShardInit.Ranks;

/// <summary>What a rank does next.</summary>
internal enum RankStepKind
{
    /// <summary>There are files to take.</summary>
    Write,
    /// <summary>Others are at work; look again after <see cref="RankStep.Delay"/>.</summary>
    Wait,
    /// <summary>Every file is committed, and nobody is known to be sealing.</summary>
    Seal,
    /// <summary>Sealed; or, where that was asked for, the own share is written.</summary>
    Done,
}

internal readonly record struct RankStep(RankStepKind Kind, TimeSpan Delay = default);
