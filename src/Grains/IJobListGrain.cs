using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>The jobs of one tenant. Key: <see cref="KeyOf"/>.</summary>
public interface IJobListGrain : IGrainWithStringKey
{
    /// <summary>Orleans takes keys that are hexadecimal digits for numbers, so that 'ab' and 'AB' would be one; the prefix keeps texts texts.</summary>
    static string KeyOf(string tenant) => $"tenant/{tenant}";

    Task Add(string job, string output);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<ListedJob>> All();
}

/// <summary>The list that the caller's session may see. Key: anything.</summary>
public interface IJobsGrain : IGrainWithStringKey, IClientCall
{
    /// <summary>Newest first, with their present state. One job that does not answer hides no other.</summary>
    Task<JobsView> All();

    /// <summary>The output of one of the caller's jobs; null where there is none of this id.</summary>
    Task<string?> OutputOf(string job);
}

public sealed record ListedJob(string Job, string Output);
