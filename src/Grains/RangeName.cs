using System.Globalization;
using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>Key of a range's grain: <c>JOB/NUMBER/OUTPUT</c>, so that a new activation knows whom to ask for the job.</summary>
public readonly record struct RangeName(RangeKey Range, string Output)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Range.Job}/{Range.Number}/{Output}");

    /// <exception cref="FormatException">The text is no such key.</exception>
    public static RangeName Parse(string text)
    {
        string[] parts = text.Split('/', 3);
        return parts.Length == 3 && JobId.IsText(parts[0]) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? new RangeName(new RangeKey(parts[0], number), parts[2])
            : throw new FormatException($"expected JOB/NUMBER/OUTPUT as the key of a range, found '{text}'");
    }
}
