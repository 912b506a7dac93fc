namespace ShardInit.Cluster;

/// <summary>
/// What a worker holds and has not begun, in the order in which it begins: sealing first, since a job waits for it alone; then the jobs in turn, so that the shard of a small job does not stand behind a
/// batch of a large one. Not thread-safe.
/// </summary>
internal sealed class WaitingItems
{
    private readonly List<(int Number, string Job)> _items = [];
    private string? _last;

    public int Count => _items.Count;

    public IEnumerable<int> Numbers => _items.Select(item => item.Number);

    public void Add(int number, string job, bool isFirst) => _items.Insert(isFirst ? 0 : _items.Count, (number, isFirst ? "" : job));

    /// <summary>Takes all of one job, but not its sealing.</summary>
    public IReadOnlyList<int> TakeAll(string job)
    {
        int[] taken = [.. _items.Where(item => item.Job == job).Select(item => item.Number)];
        _items.RemoveAll(item => item.Job == job);
        return taken;
    }

    /// <summary>The next one of another job than the last, if there is one.</summary>
    public bool TryTake(out int number)
    {
        number = 0;
        if (_items.Count == 0) return false;
        // Sealing counts as a job of its own, so it is never the last one's and stands in front.
        int index = _items[0].Job.Length == 0 ? 0 : Math.Max(0, _items.FindIndex(item => item.Job != _last));
        (number, _last) = _items[index];
        _items.RemoveAt(index);
        return true;
    }
}
