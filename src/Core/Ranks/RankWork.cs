using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Ranks;

/// <summary>
/// The decisions of one rank, without threads and without sleeping, so that a test can drive any number of them under a clock of its own. What is committed is read from the
/// directory; claims and journals only save work; no decision looks at a modification time or at another machine's clock.
/// </summary>
internal sealed class RankWork : IDisposable
{
    /// <summary>What sealing may take for each file of the plan before others help: a look and a line.</summary>
    private static readonly TimeSpan s_sealingOfFile = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly CheckpointWriter _writer;
    private readonly FileOperations _operations;
    private readonly Plan _plan;
    private readonly RankOptions _options;
    private readonly TimeProvider _clock;
    private readonly Journal _journal;
    private readonly FileStates _states;
    private readonly Patience _patience;
    /// <summary>The files that this rank may write, in its order.</summary>
    private readonly int[] _files;
    private readonly HashSet<int> _own;
    private readonly Dictionary<int, int> _attempts = [];
    private readonly Dictionary<(string Name, int Helper), long> _claimedSince = [];
    private RankFile? _next;
    private int _cursor;
    private int _looks;
    private int _failures;
    private long? _hiddenSince;
    private Claim? _sealClaim;

    /// <param name="clock">Monotonic time of this process.</param>
    public RankWork(CheckpointWriter writer, RankIdentity identity, RankOptions options, TimeProvider clock)
    {
        (_writer, _operations, _plan, _options, _clock) = (writer, writer.Operations, writer.Plan, options, clock);
        ShareOrder order = ShareOrder.Of(_plan, identity.Rank, identity.World);
        _own = [.. order.Files.Take(order.OwnCount)];
        _files = [.. order.Files.Take(options.OwnShareOnly ? order.OwnCount : order.Files.Count)];
        _patience = new Patience(options, new System.Random(identity.Rank).NextDouble());
        _states = new FileStates(writer);
        _journal = new Journal(_operations, writer.DirectoryPath, _plan, identity.Rank, identity.World);
    }

    public RankCounts Counts { get; } = new();

    /// <summary>Sealed, as far as this rank knows.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>How many files, and value bytes of them, this rank knows to be committed.</summary>
    public (int Files, long Bytes) Committed
    {
        get
        {
            lock (_lock) return (_states.CommittedCount, _states.CommittedBytes);
        }
    }

    /// <exception cref="IOException">What was committed cannot be seen any more, however long one waits.</exception>
    public RankStep Next()
    {
        lock (_lock)
        {
            if (SeesManifest()) return Finish(isSealed: true);
            _cursor = 0;
            _next ??= TakeFile();
            if (_next is not null)
            {
                _looks = 0;
                return new RankStep(RankStepKind.Write);
            }
            if (!Array.TrueForAll(_files, _states.IsCommitted)) return Wait();
            return _options.OwnShareOnly ? Finish(isSealed: false) : StepToSeal();
        }
    }

    /// <summary>Hands out the next file that nobody else is known to write; null when there is none now.</summary>
    public RankFile? TryTake()
    {
        lock (_lock)
        {
            RankFile? taken = _next ?? TakeFile();
            _next = null;
            return taken;
        }
    }

    /// <summary>A file that was taken is committed; the claim is released by disposing the file.</summary>
    public void Finished(RankFile file)
    {
        FileDigests digests = file.Writer.Committed;
        _writer.Remember(file.Number, digests);
        _journal.Committed(file.Number, digests);
        lock (_lock)
        {
            long bytes = LocalEngine.ValueBytes(_plan, file.Number);
            _states.Commit(file.Number);
            // Attempts are for errors in a row: over hours a network file system has more of them.
            _failures = 0;
            _patience.Learn(bytes, _clock.GetElapsedTime(file.Began));
            Counts.Add(bytes, isHelp: !_own.Contains(file.Number), isDuplicate: !file.Writer.IsFirst);
        }
    }

    /// <summary>
    /// Committing a file has failed. True where it is to be looked at and, if need be, written again: network file systems report errors for renames that happened.
    /// </summary>
    public bool Survives(RankFile file, IOException error)
    {
        lock (_lock)
        {
            int attempts = _attempts[file.Number] = _attempts.GetValueOrDefault(file.Number) + 1;
            if (!MayPass(error) || attempts >= _options.Attempts) return false;
            _states.Doubt(file.Number);
            return true;
        }
    }

    /// <summary>Something else has failed; all that was in hand is given up. True where it is worth going on, for instance because another rank has sealed and cleared away.</summary>
    public bool Survives(IOException error)
    {
        lock (_lock) return MayPass(error) && ++_failures < _options.Attempts;
    }

    /// <summary>Seals; what comes next, <see cref="Next"/> says.</summary>
    /// <exception cref="IOException">It failed for good.</exception>
    public void Seal()
    {
        try
        {
            _writer.LearnFromJournals();
            if (!RememberAll()) return;
            _writer.Seal();
            lock (_lock) IsSealed = true;
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            lock (_lock)
            {
                if ((error is IOException failure && !MayPass(failure)) || ++_failures >= _options.Attempts) throw error is IOException ? error : new IOException(error.Message, error);
                foreach (int file in _files) _states.Doubt(file);
            }
        }
        finally
        {
            lock (_lock)
            {
                _sealClaim?.Dispose();
                _sealClaim = null;
            }
        }
    }

    /// <summary>Looks which files are there now: for the progress of the whole.</summary>
    public void Survey()
    {
        lock (_lock) SurveyAll();
    }

    public void Dispose()
    {
        _next?.Dispose();
        _sealClaim?.Dispose();
        // An unsealed directory keeps the journal for the sealer, unless there is nothing in it.
        if (IsSealed || Counts.Files == 0) _journal.Delete();
    }

    private void SurveyAll()
    {
        HashSet<string> names = new(_operations.List(_writer.DirectoryPath), StringComparer.Ordinal);
        for (int file = 0; file < _plan.Files.Length; file++)
        {
            if (names.Contains(_plan.Files[file].Name)) _states.Appear(file);
        }
    }

    private bool SeesManifest() =>
        IsSealed || (_operations.LengthOf(Path.Combine(_writer.DirectoryPath, CheckpointFiles.Manifest)) is not null && _writer.HasManifest());

    private RankFile? TakeFile()
    {
        while (_cursor < _files.Length)
        {
            // One listing costs less than a look at each file of everybody else.
            if (_cursor == _own.Count && !_options.OwnShareOnly) SurveyAll();
            int file = _files[_cursor++];
            if (_states.IsTaken(file) || _states.Look(file)) continue;
            Claim? claim = TryClaim(_plan.Files[file].Name, _patience.For(LocalEngine.ValueBytes(_plan, file)));
            if (claim is null) continue;
            // It may have been committed since the look: the claimant releases only after that.
            if (!_states.Look(file)) return new RankFile(file, claim, _clock.GetTimestamp(), _states);
            claim.Dispose();
        }
        return null;
    }

    /// <summary>
    /// Claims a file, or where somebody has held it for longer than one should wait, the next place of those who help: so a thousand idle ranks send one helper at a time,
    /// and another only where that one is overdue as well. Each rank counts from when it first found a place taken, by its own clock.
    /// </summary>
    private Claim? TryClaim(string name, TimeSpan patience)
    {
        for (int helper = 0; ; helper++)
        {
            if (Claim.TryTake(_operations, _writer.DirectoryPath, name, helper) is { } claim) return claim;
            long now = _clock.GetTimestamp();
            if (_claimedSince.TryAdd((name, helper), now) || _clock.GetElapsedTime(_claimedSince[(name, helper)], now) < patience * Patience.Growth(helper)) return null;
        }
    }

    /// <summary>All files are committed: they have to be visible here, and one rank is enough to seal.</summary>
    private RankStep StepToSeal()
    {
        int[] hidden = [.. _files.Where(file => !_states.WasVisible(file))];
        if (hidden.Length > 0)
        {
            long now = _clock.GetTimestamp();
            _hiddenSince ??= now;
            if (_clock.GetElapsedTime(_hiddenSince.Value, now) < _options.HiddenNames) return Wait();
            throw new IOException($"{_writer.DirectoryPath}: expected every file of the plan, found {hidden.Length} missing that were there before, for instance {_plan.Files[hidden[0]].Name}; "
                + "the file system hides or has lost them: look from another machine, then run 'shardinit resume' on the directory");
        }
        _hiddenSince = null;
        _sealClaim ??= TryClaim(CheckpointFiles.Manifest, _patience.For(0) + (_files.Length * s_sealingOfFile));
        return _sealClaim is not null ? new RankStep(RankStepKind.Seal) : Wait();
    }

    /// <summary>Reads what no journal vouches for. False where a file turns out not to be committed.</summary>
    private bool RememberAll()
    {
        bool all = true;
        foreach (int file in _files)
        {
            if (_writer.Knows(file)) continue;
            CommittedFile found = CommittedFile.Inspect(_operations, _writer.DirectoryPath, ShardLayout.Of(_plan, file));
            if (found.IsIntact) _writer.Remember(file, FileDigests.Of(_plan, found));
            else
            {
                lock (_lock) _states.Doubt(file);
                all = false;
            }
        }
        return all;
    }

    private RankStep Finish(bool isSealed)
    {
        IsSealed |= isSealed;
        return new RankStep(RankStepKind.Done);
    }

    /// <summary>Twice as long each time in a row, up to a limit.</summary>
    private RankStep Wait()
    {
        double seconds = Math.Min(_options.FirstLook.TotalSeconds * Math.Pow(2, Math.Min(_looks++, 30)), _options.LastLook.TotalSeconds);
        return new RankStep(RankStepKind.Wait, TimeSpan.FromSeconds(seconds));
    }

    /// <summary>Errors that tell nothing sure on a network file system: the thing may have happened, or may go well the next time.</summary>
    internal static bool MayPass(IOException error) => error is HiddenFileException || error.HResult is Errno.ENOENT or Errno.EIO or Errno.ESTALE;
}
