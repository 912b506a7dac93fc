namespace ShardInit.Grains;

/// <summary>The jobs of a tenant as far as they could be asked.</summary>
/// <param name="Jobs">Newest first.</param>
/// <param name="Silent">Jobs that did not answer: their silo has just gone, or what is stored of them cannot be read.</param>
public sealed record JobsView(IReadOnlyList<JobView> Jobs, IReadOnlyList<SilentJob> Silent);

/// <param name="Reason">Why there is no view of it.</param>
public sealed record SilentJob(string Job, string Output, string Reason);
