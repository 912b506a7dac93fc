namespace ShardInit.Cluster;

public sealed partial class ShardRange
{
    private bool _dirty, _urgent, _everStored, _completeStored;
    private TimeSpan _storedAt;

    /// <summary>
    /// What to write to storage now; null when nothing: at once for the first lease, for completion and for disputes, otherwise at most once per
    /// <see cref="ClusterOptions.StorageInterval"/>. To be asked after every call and by a timer.
    /// </summary>
    public RangeSnapshot? TakeForStorage()
    {
        bool completed = IsComplete && !_completeStored;
        if (!_dirty || (_everStored && !completed && !_urgent && _clock.Now - _storedAt < _options.StorageInterval)) return null;
        (_dirty, _urgent, _everStored, _completeStored, _storedAt) = (false, false, true, IsComplete, _clock.Now);
        return Snapshot();
    }

    /// <summary>The write failed; it is tried again after the interval. Work goes on: storage only saves work.</summary>
    public void StorageFailed() => _dirty = true;

    /// <summary>Storage holds what another life of this range wrote. Both may be right: a commit is never undone by it.</summary>
    public void Merge(RangeSnapshot stored)
    {
        if (stored.Version is > RangeSnapshot.CurrentVersion or < 1)
        {
            throw new InvalidOperationException($"range {Key}: expected a record of version {RangeSnapshot.CurrentVersion} or older, found {stored.Version}; a newer release wrote it, run that");
        }
        for (int index = 0; index < _shards.Length; index++)
        {
            Shard shard = _shards[index];
            if (index < stored.Attempts.Length) shard.Attempt = Math.Max(shard.Attempt, stored.Attempts[index]);
            if (stored.IsCommitted(index) && !shard.Committed && shard.Dispute is null && shard.Truth is null) (shard.Committed, shard.Held) = (true, null);
        }
        foreach (WrongWorker wrong in stored.Wrong)
        {
            if (_wrong.All(known => known.Worker != wrong.Worker)) _wrong.Add(wrong);
            _distrusted.Add(wrong.Worker);
        }
        foreach (StoredDispute dispute in stored.Disputes.Where(dispute => dispute.Shard >= 0 && dispute.Shard < _shards.Length)) Merge(_shards[dispute.Shard], dispute, stored);
        _dirty = true;
    }

    private void Merge(Shard shard, StoredDispute dispute, RangeSnapshot stored)
    {
        if (shard.Truth is not null) return;
        if (dispute.Truth is { } truth)
        {
            (shard.Truth, shard.Dispute, shard.Digests) = (truth, null, truth);
            shard.Committed = stored.IsCommitted(dispute.Shard);
        }
        else if (shard.Dispute is null) OpenDispute(shard, dispute.Published, dispute.Claims);
    }

    private RangeSnapshot Snapshot()
    {
        byte[] committed = new byte[(_shards.Length + 7) / 8];
        List<StoredDispute> disputes = [];
        for (int index = 0; index < _shards.Length; index++)
        {
            Shard shard = _shards[index];
            if (shard.Committed) committed[index / 8] |= (byte)(1 << (index % 8));
            if (shard.Dispute is { } dispute) disputes.Add(new StoredDispute(index, dispute.Published, null, dispute.Claims));
            else if (shard.Truth is { } truth) disputes.Add(new StoredDispute(index, null, truth, []));
        }
        return new RangeSnapshot(RangeSnapshot.CurrentVersion, committed, [.. _shards.Select(shard => shard.Attempt)], disputes, [.. _wrong]);
    }
}
