using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>How a plan becomes plan.json and back, and how two plans are told apart for people: what storage needs to know of planning.</summary>
internal sealed record PlanCodec(
    Func<Plan, byte[]> Write, Func<ReadOnlyMemory<byte>, string, Plan> Read, Func<Plan, Plan, IReadOnlyList<string>> Differences)
{
    public static PlanCodec Json { get; } = new(PlanJson.Write, PlanJson.Read, PlanDifferences.Between);
}
