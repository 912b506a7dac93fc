namespace ShardInit.Cluster;

/// <summary>What a client asks for. The plan itself goes to the directory as plan.json; here is only what scheduling needs.</summary>
/// <param name="Output">Canonical text of an <see cref="OutputName"/>.</param>
/// <param name="Tenant">From the client's certificate, not from the client.</param>
/// <param name="Priority">Among the jobs of the tenant: higher ones go first.</param>
/// <param name="Bytes">Value bytes.</param>
public sealed record JobRequest(string Output, string PlanId, string Tenant, int Priority, int Files, long Bytes)
{
    public string Job => JobId.Of(OutputName.Parse(Output), PlanId);
}
