using ShardInit.Kernels;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>What an orthogonal matrix is made of.</summary>
internal readonly record struct OrthogonalKey(StreamKey Stream, long Rows, long Columns, double Gain);

/// <summary>
/// Orthogonal matrices of one process: each is computed once, by several threads, while all who want it wait, and kept as long as the budget allows. Only one is computed
/// at a time. Memory: the kept ones, at most <see cref="Budget"/> bytes or one matrix, whichever is more, beside those that are being read at this moment; and while
/// one is computed, <see cref="OrthogonalFactor.Bytes"/> in addition.
/// </summary>
internal sealed class OrthogonalTensors(int threads, LaneChoice lanes, CancellationToken cancel, long budget = OrthogonalTensors.Budget)
{
    /// <summary>Bytes of finished matrices that are kept: one of 16384 × 16384 in binary32.</summary>
    public const long Budget = 1L << 30;

    private readonly Dictionary<(OrthogonalKey Key, bool IsWide), Entry> _entries = [];
    private readonly Lock _computing = new();
    private long _clock;

    /// <summary>Bytes that are kept now.</summary>
    public long Kept
    {
        get { lock (_entries) return _entries.Values.Sum(entry => entry.Bytes); }
    }

    /// <summary>Matrices that were computed since the start.</summary>
    public int Computed { get; private set; }

    /// <param name="isWide">Binary64 elements rather than binary32.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled while the matrix was computed.</exception>
    public Lease Take(OrthogonalKey key, bool isWide)
    {
        Entry entry;
        lock (_entries)
        {
            if (!_entries.TryGetValue((key, isWide), out entry!)) _entries.Add((key, isWide), entry = new Entry());
            entry.Users++;
            entry.LastUse = ++_clock;
        }
        try
        {
            if (!Volatile.Read(ref entry.IsReady)) Compute(entry, key, isWide);
        }
        catch
        {
            Release(entry);
            throw;
        }
        return new Lease(this, entry);
    }

    private void Compute(Entry entry, OrthogonalKey key, bool isWide)
    {
        lock (_computing)
        {
            if (entry.IsReady) return;
            int length = checked((int)(key.Rows * key.Columns));
            Evict(length * (isWide ? 8L : 4L));
            // Not cleared: each is written whole.
            if (isWide)
            {
                double[] values = GC.AllocateUninitializedArray<double>(length);
                OrthogonalMatrix.Fill(key.Stream, key.Rows, key.Columns, key.Gain, values, threads, cancel, lanes);
                entry.Doubles = values;
            }
            else
            {
                float[] values = GC.AllocateUninitializedArray<float>(length);
                OrthogonalMatrix.Fill(key.Stream, key.Rows, key.Columns, key.Gain, values, threads, cancel, lanes);
                entry.Floats = values;
            }
            Computed++;
            Volatile.Write(ref entry.IsReady, true);
        }
    }

    /// <summary>Lets go of finished matrices that nobody reads, the longest unused first, until so many bytes more fit the budget.</summary>
    private void Evict(long wanted)
    {
        lock (_entries)
        {
            long kept = _entries.Values.Sum(entry => entry.Bytes);
            foreach (((OrthogonalKey, bool) key, Entry entry) in _entries.OrderBy(pair => pair.Value.LastUse).ToArray())
            {
                if (kept + wanted <= budget) return;
                if (entry.Users > 0 || !entry.IsReady) continue;
                kept -= entry.Bytes;
                _entries.Remove(key);
            }
        }
    }

    private void Release(Entry entry)
    {
        lock (_entries) entry.Users--;
    }

    private sealed class Entry
    {
        public float[] Floats = [];
        public double[] Doubles = [];
        public bool IsReady;
        public int Users;
        public long LastUse;

        public long Bytes => (Floats.Length * 4L) + (Doubles.Length * 8L);
    }

    /// <summary>A matrix while it is read: it is not let go before this is disposed.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly OrthogonalTensors _owner;
        private readonly Entry _entry;

        internal Lease(OrthogonalTensors owner, object entry) => (_owner, _entry) = (owner, (Entry)entry);

        public ReadOnlySpan<float> Floats => _entry.Floats;
        public ReadOnlySpan<double> Doubles => _entry.Doubles;

        public void Dispose() => _owner.Release(_entry);
    }
}
