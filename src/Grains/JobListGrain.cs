namespace ShardInit.Grains;

/// <summary>Stored list of the jobs of a tenant: the last <see cref="Most"/>.</summary>
internal sealed class JobListGrain([PersistentState("jobs", StoredJson<JobListRecord>.Name)] IPersistentState<StoredText> state) : Grain, IJobListGrain
{
    public const int Most = 1000;

    private readonly StoredJson<JobListRecord> _storage = new(state);

    public async Task Add(string job, string output)
    {
        IReadOnlyList<ListedJob> known = _storage.Value?.Jobs ?? [];
        if (known.Count > 0 && known[0].Job == job) return;
        ListedJob added = new(job, output);
        await _storage.Write(With(known), stored => With(stored?.Jobs ?? []));

        JobListRecord With(IReadOnlyList<ListedJob> jobs) => new(JobListRecord.CurrentVersion, [added, .. jobs.Where(other => other.Job != job).Take(Most - 1)]);
    }

    public Task<IReadOnlyList<ListedJob>> All() => Task.FromResult(_storage.Value?.Jobs ?? []);
}

/// <param name="Jobs">Newest first.</param>
public sealed record JobListRecord(int Version, IReadOnlyList<ListedJob> Jobs)
{
    public const int CurrentVersion = 1;
}
