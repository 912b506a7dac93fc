namespace ShardInit.Planning;

/// <summary>The published version numbers that this build writes. Each only ever grows; older ones stay readable.</summary>
public static class Versions
{
    /// <summary>Version of the bits (docs/determinism.md).</summary>
    public const int Spec = 1;

    /// <summary>Version of the files (docs/format.md, docs/plan-format.md).</summary>
    public const int Format = 1;
}
