using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>
/// One directory, one plan, any number of threads and processes: publishes plan.json first, hands out writers of shard files, seals with
/// index.arrow and manifest.json last. Files under their final names are committed; everything else is regenerated.
/// </summary>
public sealed class CheckpointWriter : IDisposable
{
    private readonly FileOperations _operations;
    private readonly PlanCodec _codec;
    private readonly Dictionary<int, FileDigests> _known = [];
    private readonly PlanGuard _guard;
    private string _planDigest;
    private List<int> _missing = [];

    public string DirectoryPath { get; }

    /// <summary>
    /// The plan of the directory. Where a plan with the same id was there before, that one: texts outside the id, which shards and manifest carry in part,
    /// are those of plan.json.
    /// </summary>
    public Plan Plan { get; }

    /// <summary>Nothing is left to do: all files are committed, index.arrow and manifest.json are there and belong to this plan.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>Indices into <see cref="Planning.Plan.Files"/> of files that are not committed, as of <see cref="Open(string, Plan)"/> or <see cref="Refresh"/>.</summary>
    public IReadOnlyList<int> MissingFiles => _missing;

    /// <summary>Opens a directory for writing <paramref name="plan"/>: creates it, or continues what it holds.</summary>
    /// <exception cref="PlanException">The directory holds another plan (with the differences), or files but no plan.json (naming one).</exception>
    /// <exception cref="ShardFormatException">Its plan.json is damaged.</exception>
    /// <exception cref="IOException">It cannot be created, read or written.</exception>
    public static CheckpointWriter Open(string directory, Plan plan) => Open(directory, plan, PlanCodec.Json, FileOperations.System);

    /// <param name="leftovers">What to clear away of runs that died: less where other machines work in the directory.</param>
    /// <exception cref="HiddenFileException">Another process has published plan.json, but it is not visible here yet.</exception>
    internal static CheckpointWriter Open(string directory, Plan plan, PlanCodec codec, FileOperations operations, Leftovers leftovers = Leftovers.Dead)
    {
        operations.CreateDirectory(directory);
        string path = Path.Combine(directory, CheckpointFiles.Plan);
        byte[]? stored = SmallFile.TryRead(operations, path, SmallFile.MaxPlanLength);
        byte[] written = codec.Write(plan);
        if (stored is null)
        {
            RefuseForeignFiles(operations, directory, leftovers == Leftovers.DeadOfThisHost ? plan : null);
            PublishPlan(operations, directory, path, written);
            // Where another process was first, its plan stands.
            stored = SmallFile.TryRead(operations, path, SmallFile.MaxPlanLength) ?? throw new HiddenFileException(path);
        }
        // The same bytes are the same plan: a second copy of a large one would cost as much memory as the rest of a run.
        Plan existing = stored.AsSpan().SequenceEqual(written) ? plan : codec.Read(stored, Path.Combine(directory, CheckpointFiles.Plan));
        if (existing.PlanId != plan.PlanId)
        {
            throw new PlanException([
                $"{directory}: holds another plan; choose another directory or the same inputs. Differences (there, here):",
                .. codec.Differences(existing, plan)]);
        }
        CheckpointWriter writer = new(directory, existing, stored, codec, operations, leftovers);
        LargePlan.LetGo(existing.Tensors.Length);
        return writer;
    }

    private static void PublishPlan(FileOperations operations, string directory, string path, byte[] written) =>
        TemporaryFile.PublishRacing(
            () => TemporaryFile.Publish(operations, directory, CheckpointFiles.Plan, written, replace: false),
            () => operations.LengthOf(path) is not null ? true : throw new HiddenFileException(path));

    /// <summary>Opens a directory to continue or mend what its own plan.json says.</summary>
    /// <exception cref="FileNotFoundException">There is no plan.json.</exception>
    public static CheckpointWriter Open(string directory) => Open(directory, PlanCodec.Json, FileOperations.System);

    internal static CheckpointWriter Open(string directory, PlanCodec codec, FileOperations operations, Leftovers leftovers = Leftovers.Dead)
    {
        byte[] stored = SmallFile.ReadPlan(operations, directory);
        return new CheckpointWriter(directory, codec.Read(stored, Path.Combine(directory, CheckpointFiles.Plan)), stored, codec, operations, leftovers);
    }

    private CheckpointWriter(string directory, Plan plan, byte[] planBytes, PlanCodec codec, FileOperations operations, Leftovers leftovers)
    {
        DirectoryPath = directory;
        Plan = plan;
        _codec = codec;
        _operations = operations;
        _planDigest = Digests.Sha256(planBytes);
        _guard = new PlanGuard(operations, directory, plan, planBytes, codec);
        foreach (ShardFile file in plan.Files)
        {
            if (CheckpointFiles.WhyNotShardName(file.Name) is { } reason) throw new ShardFormatException(ShardFormatCode.BadName, Path.Combine(directory, CheckpointFiles.Plan), reason);
        }
        WorkFiles.Delete(operations, directory, leftovers);
        Refresh();
        // A rank that was killed after another had sealed.
        if (IsSealed) WorkFiles.Delete(operations, directory, Leftovers.DeadAndJournals);
    }

    internal FileOperations Operations => _operations;

    /// <summary>Looks again which files are committed, for instance by other processes. What a journal or this process vouches for is not read again.</summary>
    public void Refresh()
    {
        LearnFromJournals();
        List<int> missing = [];
        for (int file = 0; file < Plan.Files.Length; file++)
        {
            if (LengthOf(file) is not { } length) missing.Add(file);
            else if (_known.ContainsKey(file) && length == ShardLayout.Of(Plan, file).FileLength) continue;
            else if (!CommittedFile.Inspect(_operations, DirectoryPath, ShardLayout.Of(Plan, file)).IsIntact) missing.Add(file);
        }
        _missing = missing;
        IsSealed = missing.Count == 0 && HasManifest();
    }

    /// <summary>Length of what has a file's final name; null when nothing has.</summary>
    internal long? LengthOf(int file) => _operations.LengthOf(Path.Combine(DirectoryPath, Plan.Files[file].Name));

    /// <summary>Keeps the digests of a committed file, so that sealing does not read it again.</summary>
    internal void Remember(int file, FileDigests digests)
    {
        lock (_known) _known[file] = digests;
    }

    /// <summary>Digests of a file are known without reading it.</summary>
    internal bool Knows(int file)
    {
        lock (_known) return _known.ContainsKey(file);
    }

    /// <summary>Takes over what the journals of all ranks vouch for.</summary>
    internal void LearnFromJournals()
    {
        lock (_known) JournalReader.ReadAll(_operations, DirectoryPath, Plan, (file, digests) => _known.TryAdd(file, digests));
    }

    /// <summary>A sound manifest of this plan is there: whoever sees it knows that every file was committed.</summary>
    internal bool HasManifest() => new Sealer(_operations, DirectoryPath, Plan, _planDigest).IsSealed();

    /// <summary>Starts writing a file: a locked temporary file with its final size.</summary>
    public ShardFileWriter Begin(int file) => Begin(file, replace: false);

    /// <param name="replace">Puts the result in place of whatever has the file's name: for a file whose values are damaged.</param>
    public ShardFileWriter Begin(int file, bool replace) => new(_operations, DirectoryPath, ShardLayout.Of(Plan, file), file, replace, _guard);

    /// <summary>
    /// Refuses to go on where a sound manifest says that plan.json was changed after sealing, or puts the sealed plan.json back where that can be done. To be called before
    /// shards are written: files of the sealed plan would be overwritten by those of another.
    /// </summary>
    /// <exception cref="ShardFormatException">DigestMismatch.</exception>
    /// <exception cref="PlanException">The directory was removed and made anew for another plan.</exception>
    public void RefuseChangedPlan()
    {
        // First: what else would be found there is of the other plan.
        _guard.RefuseAnotherPlan();
        _planDigest = new Sealer(_operations, DirectoryPath, Plan, _planDigest).RefuseChangedPlan(_codec, _missing.Count < Plan.Files.Length);
    }

    /// <summary>
    /// Checks that every file is committed, publishes index.arrow, removes what is left of unfinished work, publishes manifest.json. Where both are there and right,
    /// nothing is written; where they are damaged, they are replaced.
    /// </summary>
    /// <exception cref="InvalidOperationException">A file is not committed.</exception>
    /// <exception cref="ShardFormatException">DigestMismatch: the manifest is sound and says that plan.json was changed.</exception>
    /// <exception cref="PlanException">The directory was removed and made anew for another plan.</exception>
    public void Seal()
    {
        RefuseChangedPlan();
        new Sealer(_operations, DirectoryPath, Plan, _planDigest, _known).Seal(_guard);
        _missing = [];
        IsSealed = true;
    }

    public void Dispose() { }

    /// <param name="shared">A plan that other machines may be writing here: files of its names are then no strangers, and plan.json is only not visible yet.</param>
    private static void RefuseForeignFiles(FileOperations operations, string directory, Plan? shared)
    {
        string[] names = [.. operations.List(directory).Order(StringComparer.Ordinal)];
        string? foreign = names.FirstOrDefault(name => !CheckpointFiles.IsTemporary(name));
        // A plan.json that was not there a moment ago is another process that starts the same job: its plan will be compared.
        if (foreign is null || names.Contains(CheckpointFiles.Plan)) return;
        PlanException refusal = new(
            $"{directory}: expected an empty or new directory, or one with {CheckpointFiles.Plan}; found '{CheckpointFiles.Quote(foreign)}'; choose another directory");
        bool isOurs = shared is not null && (foreign == CheckpointFiles.Index || foreign == CheckpointFiles.Manifest || shared.Files.Any(file => file.Name == foreign));
        throw isOurs ? new HiddenFileException(Path.Combine(directory, CheckpointFiles.Plan), refusal) : refusal;
    }
}
