namespace ShardInit.Cluster;

/// <summary>
/// One shard that came out differently on two machines: one of them computes wrongly. A third one computes it again with scalar lanes, which are the specification; whose digests differ
/// from that is wrong. Nobody decides about himself, or about another process of his machine.
/// </summary>
internal sealed class Dispute(string? published, IEnumerable<Claim> claims)
{
    private readonly List<Claim> _claims = [.. claims];

    /// <summary>Digests of what has the file's name.</summary>
    public string? Published { get; } = published;

    public IReadOnlyList<Claim> Claims => _claims;

    public void Add(Claim claim)
    {
        if (claim.Worker.Length > 0 && _claims.All(known => known.Worker != claim.Worker)) _claims.Add(claim);
    }

    public bool MayDecide(string worker, string host, bool notOfOneHost) => _claims.All(claim => claim.Worker != worker && !(notOfOneHost && claim.Host == host));

    /// <summary>
    /// Whether these digests of a scalar computation settle it: they are what one of the two said, or all who said otherwise are known to be wrong already.
    /// </summary>
    public bool IsSettledBy(string digests, IReadOnlySet<string> distrusted) =>
        _claims.Any(claim => claim.Digests == digests) || _claims.All(claim => distrusted.Contains(claim.Worker));
}
