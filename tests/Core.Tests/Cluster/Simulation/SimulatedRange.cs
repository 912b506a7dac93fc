using ShardInit.Cluster;

namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>The grain of one range: its storage with a version check, and normally one life, sometimes two.</summary>
internal sealed class SimulatedRange(World world, RangeKey key, IReadOnlyList<long> bytes)
{
    private sealed class Life(ShardRange range, long version, TimeSpan born)
    {
        public ShardRange Range { get; } = range;
        public long Version { get; set; } = version;
        public TimeSpan Born { get; } = born;
        public int Writes { get; set; }
        public int DisputeWrites { get; set; }
    }

    private readonly List<Life> _lives = [];
    private RangeSnapshot? _stored;
    private long _version;

    public RangeKey Key => key;

    public bool IsOpen { get; set; } = true;

    public IReadOnlyList<long> Bytes => bytes;

    public bool IsDouble => _lives.Count > 1;

    /// <summary>One call, by whichever life gets it.</summary>
    public T Call<T>(Func<ShardRange, T> call)
    {
        if (_lives.Count == 0) _lives.Add(Wake());
        Life life = _lives[world.Random.Next(_lives.Count)];
        if (life.Range.IsOpen && !IsOpen) life.Range.Close();
        T answer = call(life.Range);
        Store(life);
        return answer;
    }

    /// <summary>Every life hears it: the shell repeats it until it arrives.</summary>
    public void SetOpen(bool open)
    {
        IsOpen = open;
        foreach (Life life in _lives)
        {
            if (open) life.Range.Open();
            else life.Range.Close();
        }
    }

    public void Tick()
    {
        foreach (Life life in _lives)
        {
            life.Range.Report();
            Store(life);
        }
    }

    /// <summary>The silo of the range died.</summary>
    public void Lose() => _lives.Clear();

    /// <summary>A second life from what is stored, while the first goes on.</summary>
    public void Double()
    {
        if (_lives.Count == 1) _lives.Add(Wake());
    }

    public void Undouble()
    {
        if (_lives.Count == 2) _lives.RemoveAt(world.Random.Next(2));
    }

    private Life Wake()
    {
        Life life = new(new ShardRange(key, bytes, world.Options, world.Time, _stored), _version, world.Time.Now);
        if (!IsOpen) life.Range.Close();
        return life;
    }

    private void Store(Life life)
    {
        if (life.Range.TakeForStorage() is not { } snapshot) return;
        life.Writes++;
        if (snapshot.Disputes.Count > 0) life.DisputeWrites++;
        Xunit.Assert.True(life.Writes <= ((world.Time.Now - life.Born) / world.Options.StorageInterval) + 3 + life.DisputeWrites + world.Reopenings,
            $"{world}: range {key} wrote storage {life.Writes} times in {(world.Time.Now - life.Born).TotalSeconds} s");
        if (world.Happens(world.Faults.FailedStorage))
        {
            life.Range.StorageFailed();
            return;
        }
        if (life.Version != _version)
        {
            // Another life has written: take over what it knows, and try again later.
            life.Range.Merge(_stored!);
            life.Range.StorageFailed();
            life.Version = _version;
            return;
        }
        _stored = snapshot;
        life.Version = ++_version;
    }
}
