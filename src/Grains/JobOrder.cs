namespace ShardInit.Grains;

/// <summary>What a client sends to have a job done: the plan with every number resolved, never a path, a recipe file or a model file.</summary>
/// <param name="Job">As the client computed it: the hash of output and plan.</param>
/// <param name="PlanId">Of the plan; the silo computes it again.</param>
/// <param name="Priority">Among the jobs of the tenant: higher ones go first.</param>
/// <param name="Plan">The bytes of plan.json, compressed by gzip. A plan of 70,000 tensors is some megabytes; Orleans takes messages up to 100 MB.</param>
public sealed record JobOrder(string Job, string PlanId, int Priority, byte[] Plan)
{
    public const int MaxPriority = 1000;
}
