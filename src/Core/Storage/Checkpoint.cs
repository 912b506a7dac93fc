using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>A checkpoint directory opened for reading: plan.json, manifest.json when it is sealed, and slices of its tensors.</summary>
public sealed class Checkpoint : IDisposable
{
    public string DirectoryPath { get; }

    public Plan Plan { get; }

    /// <summary>SHA-256 text of plan.json as it is.</summary>
    public string PlanDigest { get; }

    /// <summary>The manifest of a sealed directory; null when it is not sealed, or when <see cref="ManifestProblem"/> says why it cannot be used.</summary>
    public Manifest? Manifest { get; }

    /// <summary>Set only by <see cref="OpenTolerant(string)"/>: the manifest is there but damaged, of another plan, or of another plan.json.</summary>
    public ShardFormatException? ManifestProblem { get; }

    /// <exception cref="FileNotFoundException">No directory, or none with plan.json.</exception>
    /// <exception cref="ShardFormatException">plan.json or manifest.json is damaged, or they do not belong together.</exception>
    public static Checkpoint Open(string directory) => Open(directory, PlanCodec.Json);

    /// <summary>As <see cref="Open(string)"/>, but a damaged manifest is told in <see cref="ManifestProblem"/>: for verify, repair and inspect.</summary>
    /// <exception cref="ShardFormatException">plan.json is damaged, or plan.json or manifest.json are of a newer release.</exception>
    public static Checkpoint OpenTolerant(string directory) => OpenTolerant(directory, PlanCodec.Json);

    internal static Checkpoint Open(string directory, PlanCodec codec)
    {
        Checkpoint checkpoint = OpenTolerant(directory, codec);
        return checkpoint.ManifestProblem is null ? checkpoint : throw checkpoint.ManifestProblem;
    }

    internal static Checkpoint OpenTolerant(string directory, PlanCodec codec)
    {
        (Plan plan, string digest) = ReadPlan(directory, codec);
        LargePlan.LetGo(plan.Tensors.Length);
        return new Checkpoint(directory, plan, digest);
    }

    private static (Plan Plan, string Digest) ReadPlan(string directory, PlanCodec codec)
    {
        byte[] bytes = SmallFile.ReadPlan(FileOperations.System, directory);
        return (codec.Read(bytes, Path.Combine(directory, CheckpointFiles.Plan)), Digests.Sha256(bytes));
    }

    private Checkpoint(string directory, Plan plan, string planDigest)
    {
        DirectoryPath = directory;
        Plan = plan;
        PlanDigest = planDigest;
        foreach (ShardFile file in plan.Files)
        {
            if (CheckpointFiles.WhyNotShardName(file.Name) is { } reason) throw new ShardFormatException(ShardFormatCode.BadName, Path.Combine(directory, CheckpointFiles.Plan), reason);
        }
        try
        {
            Manifest = ReadManifest();
        }
        catch (ShardFormatException error) when (!error.IsOfNewerRelease)
        {
            ManifestProblem = error;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            ManifestProblem = new ShardFormatException(ShardFormatCode.BadManifest, Path.Combine(directory, CheckpointFiles.Manifest), $"cannot be read ({error.Message})");
        }
    }

    /// <summary>Opens one shard file, memory-mapped. The caller disposes it.</summary>
    public ShardReader OpenShard(int file) => ShardReader.Open(Path.Combine(DirectoryPath, Plan.Files[file].Name));

    /// <summary>Writes a box of a stored tensor: little-endian, row-major, nothing else, digests checked. A tied name stands for the tensor whose values it has.</summary>
    /// <param name="ranges">One per axis, step 1; none for a scalar.</param>
    /// <exception cref="ArgumentException">No such tensor, or a range outside it.</exception>
    /// <exception cref="FileNotFoundException">A file of the tensor is missing.</exception>
    /// <exception cref="ShardFormatException">A tile is damaged, or a file is not the one of the plan.</exception>
    public void ReadSlice(string tensor, IReadOnlyList<AxisRange> ranges, Stream destination)
    {
        using TensorReader reader = new(DirectoryPath, Plan, TensorIndex(tensor));
        reader.CopyTo(new TensorSlice([.. ranges]), destination.Write, CancellationToken.None);
    }

    /// <summary>Index into <see cref="Planning.Plan.Tensors"/> of a stored or tied name.</summary>
    /// <exception cref="ArgumentException">No such tensor.</exception>
    public int TensorIndex(string name)
    {
        string stored = Plan.Tied.TryGetValue(name, out string? target) ? target : name;
        int low = 0, high = Plan.Tensors.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = CompareUtf8(Plan.Tensors[middle].Name, stored);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        throw new ArgumentException($"{DirectoryPath}: no tensor '{CheckpointFiles.Quote(name)}'", nameof(name));
    }

    public void Dispose() { }

    private Manifest? ReadManifest()
    {
        string path = Path.Combine(DirectoryPath, CheckpointFiles.Manifest);
        byte[]? bytes = SmallFile.TryRead(FileOperations.System, path, ManifestReader.MaxLength);
        if (bytes is null) return null;
        Manifest manifest = ManifestReader.Read(bytes, path);
        if (manifest.PlanId != Plan.PlanId)
        {
            throw new ShardFormatException(ShardFormatCode.BadManifest, path, $"belongs to plan {manifest.PlanId}, {CheckpointFiles.Plan} is plan {Plan.PlanId}");
        }
        if (manifest.PlanDigest != PlanDigest)
        {
            throw new ShardFormatException(ShardFormatCode.DigestMismatch, Path.Combine(DirectoryPath, CheckpointFiles.Plan),
                $"expected {manifest.PlanDigest} by {CheckpointFiles.Manifest}, found {PlanDigest}: changed after sealing; run 'verify --repair' or restore it from a copy");
        }
        return manifest;
    }

    /// <summary>The order of Plan.Tensors: by UTF-8 bytes, which is that of code points.</summary>
    private static int CompareUtf8(string left, string right)
    {
        int length = Math.Min(left.Length, right.Length);
        for (int index = 0; index < length; index++)
        {
            char a = left[index], b = right[index];
            if (a == b) continue;
            // UTF-16 puts surrogates (code points from 10000) below E000..FFFF; UTF-8 puts them above.
            if (char.IsSurrogate(a) != char.IsSurrogate(b)) return char.IsSurrogate(a) ? 1 : -1;
            return a - b;
        }
        return left.Length - right.Length;
    }
}
