namespace ShardInit.Cluster;

/// <param name="Results">One per completion, in order.</param>
public sealed record CompletionReply(IReadOnlyList<CompletionResult> Results, RangeReport Report);

public sealed partial class ShardRange
{
    /// <summary>
    /// Takes results, also of leases that are lost, in any order and any number of times: a file that is committed is committed, whoever wrote it.
    /// </summary>
    public CompletionReply Complete(string worker, string host, IReadOnlyList<Completion> completions)
    {
        CompletionResult[] results = [.. completions.Select(completion => Complete(new Claim(worker, host, completion.Digests ?? ""), completion))];
        KeepWaiting(worker, _clock.Now);
        return new CompletionReply(results, Report());
    }

    private CompletionResult Complete(Claim claim, Completion completion)
    {
        Shard shard = At(completion.File);
        bool mine = shard.Held is { } held && held.Worker == claim.Worker && held.Attempt == completion.Attempt;
        if (mine) TakeAway(shard);
        if (completion.Error is { } error)
        {
            // A message that comes twice is one failure.
            if (!mine) return CompletionResult.Duplicate;
            _lostLeases++;
            AddFailure(shard, claim.Worker, error);
            return CompletionResult.Accepted;
        }
        if (completion.Kind == LeaseKind.Decide) return Decide(shard, claim);
        // What was only found is nobody's work.
        if (!completion.Written) claim = claim with { Worker = "", Host = "" };
        if (shard.Truth is not null) return CompleteDecided(shard, claim, completion);
        if (shard.Dispute is { } dispute)
        {
            dispute.Add(claim);
            return CompletionResult.Differs;
        }
        if (completion.Published is { } published && published != claim.Digests)
        {
            Claim other = shard.By is { } by && by.Digests == published ? by : new Claim("", "", published);
            return OpenDispute(shard, published, [other, claim]);
        }
        if (shard.Committed && shard.Digests is { } known)
        {
            if (known != claim.Digests) return OpenDispute(shard, claim.Digests, [shard.By ?? new Claim("", "", known), claim]);
            // Somebody else found there what this worker had left.
            if (claim.Worker.Length == 0 || shard.By is not null) return CompletionResult.Duplicate;
            shard.By = claim;
            return _distrusted.Contains(claim.Worker) ? OpenDispute(shard, known, [claim]) : CompletionResult.Duplicate;
        }
        bool committed = shard.Committed;
        Commit(shard, claim, completion.Written && !committed);
        if (_distrusted.Contains(claim.Worker)) return OpenDispute(shard, claim.Digests, [claim]);
        if (shard.By is null && _distrusted.Overlaps(shard.Holders)) return OpenDispute(shard, claim.Digests, []);
        return committed ? CompletionResult.Duplicate : CompletionResult.Accepted;
    }

    /// <summary>The right digests are known.</summary>
    private CompletionResult CompleteDecided(Shard shard, Claim claim, Completion completion)
    {
        if (claim.Digests != shard.Truth)
        {
            Condemn(shard, claim);
            // Another content than the right one has the name.
            if (!completion.Written || completion.Published is null) Reopen(shard);
            return CompletionResult.Differs;
        }
        if (shard.Committed) return CompletionResult.Duplicate;
        // Computed rightly, but what is published is still the wrong one.
        if (completion.Published is { } published && published != claim.Digests) return CompletionResult.Duplicate;
        Commit(shard, claim, completion.Written);
        return CompletionResult.Accepted;
    }

    private void Commit(Shard shard, Claim claim, bool written)
    {
        shard.Committed = true;
        shard.Held = null;
        shard.Digests = claim.Digests;
        if (claim.Worker.Length > 0) shard.By = claim;
        shard.Failures.Clear();
        if (written) _written += shard.Bytes;
        _dirty = true;
    }

    private void Reopen(Shard shard)
    {
        if (!shard.Committed) return;
        (shard.Committed, shard.Digests, shard.By) = (false, null, null);
        (_dirty, _completeStored) = (true, false);
    }
}
