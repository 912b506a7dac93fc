namespace ShardInit.Cluster;

public sealed partial class ShardRange
{
    private TimeSpan _lastWorkAt;

    /// <summary>
    /// A worker was found to compute wrongly: what it committed, as far as this life of the range knows, is computed again by another before the job is sealed.
    /// </summary>
    public RangeReport Distrust(string worker)
    {
        if (_distrusted.Add(worker))
        {
            foreach (Shard shard in _shards)
            {
                if (shard.Held is { } held && held.Worker == worker) TakeAway(shard);
                if (!shard.Committed || shard.Truth is not null) continue;
                if (shard.By is { } by ? by.Worker == worker : shard.Holders.Contains(worker)) OpenDispute(shard, shard.Digests, shard.By is null ? [] : [shard.By]);
            }
        }
        return Report();
    }

    private CompletionResult OpenDispute(Shard shard, string? published, IReadOnlyList<Claim> claims)
    {
        shard.Committed = false;
        shard.Held = null;
        shard.Dispute = new Dispute(published, claims);
        _lastWorkAt = _clock.Now;
        (_dirty, _urgent, _completeStored) = (true, true, false);
        return CompletionResult.Differs;
    }

    /// <summary>Digests that a third machine computed with scalar lanes.</summary>
    private CompletionResult Decide(Shard shard, Claim verdict)
    {
        if (shard.Dispute is not { } dispute) return CompletionResult.Duplicate;
        (_dirty, _urgent) = (true, true);
        if (!dispute.MayDecide(verdict.Worker, verdict.Host, _options.FenceHosts) || _distrusted.Contains(verdict.Worker)) return CompletionResult.Duplicate;
        if (!dispute.IsSettledBy(verdict.Digests, _distrusted))
        {
            // Three machines, three results: a fourth has to say.
            dispute.Add(verdict);
            return CompletionResult.Differs;
        }
        shard.Truth = verdict.Digests;
        shard.Dispute = null;
        foreach (Claim claim in dispute.Claims) if (claim.Digests != verdict.Digests) Condemn(shard, claim);
        Claim right = dispute.Claims.FirstOrDefault(claim => claim.Digests == verdict.Digests) ?? verdict;
        // Otherwise it is planned again, to be put in place of the wrong one.
        if (dispute.Published == verdict.Digests) Commit(shard, right, written: false);
        return CompletionResult.Accepted;
    }

    private void Condemn(Shard shard, Claim claim)
    {
        if (claim.Worker.Length == 0 || _wrong.Any(wrong => wrong.Worker == claim.Worker)) return;
        _wrong.Add(new WrongWorker(claim.Worker, claim.Host, FileOf(shard)));
        (_dirty, _urgent) = (true, true);
        Distrust(claim.Worker);
    }

    /// <summary>Two machines disagree, and there is no third: nothing that is left could be finished.</summary>
    private string? Undecidable()
    {
        if (_shards.Any(shard => shard.IsPlanned || shard.Held is not null)) _lastWorkAt = _clock.Now;
        Shard? stuck = _shards.FirstOrDefault(shard => shard.Dispute is not null);
        if (stuck is null || _clock.Now - _lastWorkAt <= _options.DecisionSpan) return null;
        string machines = string.Join(" and ", stuck.Dispute!.Claims.Select(claim => claim.Worker.Length == 0 ? "an unknown worker" : $"worker {claim.Worker} on {claim.Host}"));
        return $"file {FileOf(stuck)} of the plan: {machines}: expected equal bytes, found different ones; one of the machines computes wrongly and no other is there to say which; add one and submit again";
    }
}
