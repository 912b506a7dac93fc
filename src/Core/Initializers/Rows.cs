using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Indices [Start, End) of axis 0 and what their elements are.</summary>
public readonly record struct RowRange(long Start, long End, Distribution Init);

/// <summary>
/// Another distribution for each range of axis 0. The ranges ascend and together cover the axis. Elements keep their index in the whole tensor: a row has
/// the values that it has where its distribution is that of all rows.
/// </summary>
public sealed record Rows(ImmutableArray<RowRange> Ranges) : Distribution
{
    public override string Kind => "rows";

    /// <summary>Whether a distribution may stand in a range: one whose elements do not depend on the tensor's other elements or on where its rows end.</summary>
    public static bool Takes(Distribution init) => init is Constant or Uniform or Normal or TruncatedNormal or LogUniform or FormulaDistribution;

    public bool Equals(Rows? other) => other is not null && Ranges.AsSpan().SequenceEqual(other.Ranges.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Ranges.Length, Ranges.IsEmpty ? default : Ranges[0]);
}
