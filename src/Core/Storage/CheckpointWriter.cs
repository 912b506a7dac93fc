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

    internal static CheckpointWriter Open(string directory, Plan plan, PlanCodec codec, FileOperations operations)
    {
        operations.CreateDirectory(directory);
        byte[]? stored = SmallFile.TryRead(operations, Path.Combine(directory, CheckpointFiles.Plan), SmallFile.MaxPlanLength);
        byte[] written = codec.Write(plan);
        if (stored is null)
        {
            RefuseForeignFiles(directory);
            string path = Path.Combine(directory, CheckpointFiles.Plan);
            TemporaryFile.PublishRacing(() => TemporaryFile.Publish(operations, directory, CheckpointFiles.Plan, written, replace: false), () => File.Exists(path));
            // Where another process was first, its plan stands.
            stored = SmallFile.TryRead(operations, Path.Combine(directory, CheckpointFiles.Plan), SmallFile.MaxPlanLength)
                ?? throw FileErrors.Failed(Errno.ENOENT, "read", Path.Combine(directory, CheckpointFiles.Plan));
        }
        // The same bytes are the same plan: a second copy of a large one would cost as much memory as the rest of a run.
        Plan existing = stored.AsSpan().SequenceEqual(written) ? plan : codec.Read(stored, Path.Combine(directory, CheckpointFiles.Plan));
        if (existing.PlanId != plan.PlanId)
        {
            throw new PlanException([
                $"{directory}: holds another plan; choose another directory or the same inputs. Differences (there, here):",
                .. codec.Differences(existing, plan)]);
        }
        return new CheckpointWriter(directory, existing, stored, codec, operations);
    }

    /// <summary>Opens a directory to continue or mend what its own plan.json says.</summary>
    /// <exception cref="FileNotFoundException">There is no plan.json.</exception>
    public static CheckpointWriter Open(string directory) => Open(directory, PlanCodec.Json, FileOperations.System);

    internal static CheckpointWriter Open(string directory, PlanCodec codec, FileOperations operations)
    {
        byte[] stored = SmallFile.ReadPlan(operations, directory);
        return new CheckpointWriter(directory, codec.Read(stored, Path.Combine(directory, CheckpointFiles.Plan)), stored, codec, operations);
    }

    private CheckpointWriter(string directory, Plan plan, byte[] planBytes, PlanCodec codec, FileOperations operations)
    {
        DirectoryPath = directory;
        Plan = plan;
        _codec = codec;
        _operations = operations;
        _planDigest = Digests.Sha256(planBytes);
        foreach (ShardFile file in plan.Files)
        {
            if (CheckpointFiles.WhyNotShardName(file.Name) is { } reason) throw new ShardFormatException(ShardFormatCode.BadName, Path.Combine(directory, CheckpointFiles.Plan), reason);
        }
        TemporaryFile.DeleteAbandoned(operations, directory, all: false);
        Refresh();
    }

    /// <summary>Looks again which files are committed, for instance by other processes.</summary>
    public void Refresh()
    {
        List<int> missing = [];
        for (int file = 0; file < Plan.Files.Length; file++)
        {
            bool there = File.Exists(Path.Combine(DirectoryPath, Plan.Files[file].Name));
            if (!there || !CommittedFile.Inspect(_operations, DirectoryPath, ShardLayout.Of(Plan, file)).IsIntact) missing.Add(file);
        }
        _missing = missing;
        IsSealed = missing.Count == 0 && new Sealer(_operations, DirectoryPath, Plan, _planDigest).IsSealed();
    }

    /// <summary>Starts writing a file: a locked temporary file with its final size.</summary>
    public ShardFileWriter Begin(int file) => Begin(file, replace: false);

    /// <param name="replace">Puts the result in place of whatever has the file's name: for a file whose values are damaged.</param>
    public ShardFileWriter Begin(int file, bool replace) => new(_operations, DirectoryPath, ShardLayout.Of(Plan, file), file, replace);

    /// <summary>
    /// Refuses to go on where a sound manifest says that plan.json was changed after sealing, or puts the sealed plan.json back where that can be done. To be called before
    /// shards are written: files of the sealed plan would be overwritten by those of another.
    /// </summary>
    /// <exception cref="ShardFormatException">DigestMismatch.</exception>
    public void RefuseChangedPlan() => _planDigest = new Sealer(_operations, DirectoryPath, Plan, _planDigest).RefuseChangedPlan(_codec, _missing.Count < Plan.Files.Length);

    /// <summary>
    /// Checks that every file is committed, publishes index.arrow, removes what is left of unfinished work, publishes manifest.json. Where both are there and right,
    /// nothing is written; where they are damaged, they are replaced.
    /// </summary>
    /// <exception cref="InvalidOperationException">A file is not committed.</exception>
    /// <exception cref="ShardFormatException">DigestMismatch: the manifest is sound and says that plan.json was changed.</exception>
    public void Seal()
    {
        RefuseChangedPlan();
        new Sealer(_operations, DirectoryPath, Plan, _planDigest).Seal();
        _missing = [];
        IsSealed = true;
    }

    public void Dispose() { }

    private static void RefuseForeignFiles(string directory)
    {
        string[] names = [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        string? foreign = names.FirstOrDefault(name => !CheckpointFiles.IsTemporary(name));
        // A plan.json that was not there a moment ago is another process that starts the same job: its plan will be compared.
        if (foreign is null || names.Contains(CheckpointFiles.Plan)) return;
        throw new PlanException(
            $"{directory}: expected an empty or new directory, or one with {CheckpointFiles.Plan}; found '{CheckpointFiles.Quote(foreign)}'; choose another directory");
    }
}
