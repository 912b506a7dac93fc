namespace ShardInit.Cluster;

/// <summary>A directory under which jobs may write.</summary>
/// <param name="Name">What clients call it.</param>
/// <param name="Directory">Absolute path on the silo.</param>
public sealed record OutputRoot(string Name, string Directory)
{
    /// <summary>Mode of directories that are created: 0775 lets a group read, write and delete what the cluster wrote.</summary>
    public UnixFileMode Mode { get; init; } = (UnixFileMode)0b111_111_101;

    /// <summary>Group, by number, of directories that are created; null leaves that to the file system (a set-group-id bit of the parent, for instance).</summary>
    public uint? Group { get; init; }

    /// <summary>Tenants that may write here; empty: all.</summary>
    public IReadOnlyList<string> Tenants { get; init; } = [];

    public bool Allows(string tenant) => Tenants.Count == 0 || Tenants.Contains(tenant, StringComparer.Ordinal);
}
