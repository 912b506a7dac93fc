using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Ranks;

/// <summary>A file under the name of a shard that has not its length: cut short or put there by something else. <c>resume</c> writes it anew.</summary>
/// <param name="Expected">Bytes by the plan.</param>
/// <param name="Found">Bytes.</param>
public sealed record WrongLength(string Name, long Expected, long Found);

/// <summary>A committed file.</summary>
/// <param name="File">Index into <see cref="Plan.Files"/>.</param>
/// <param name="Bytes">Of values.</param>
/// <param name="At">When it was last written to, by the clock of the file server.</param>
internal readonly record struct Commit(int File, long Bytes, DateTimeOffset At);

/// <summary>Which files of a plan are there, by name and length.</summary>
internal sealed class CommittedFiles
{
    private readonly HashSet<int> _files = [];

    /// <summary>In the order of the plan.</summary>
    public List<Commit> Commits { get; } = [];

    public List<WrongLength> WrongLengths { get; } = [];

    public bool Contains(int file) => _files.Contains(file);

    /// <param name="names">Everything that a listing shows.</param>
    /// <param name="vouchedFor">Files that a journal lists: looked at too, for a listing on a network file system may hide a new name for a minute.</param>
    public static CommittedFiles Of(string directory, Plan plan, IReadOnlySet<string> names, IEnumerable<int> vouchedFor)
    {
        CommittedFiles found = new();
        HashSet<int> vouched = [.. vouchedFor];
        for (int file = 0; file < plan.Files.Length; file++)
        {
            string name = plan.Files[file].Name;
            if (!names.Contains(name) && !vouched.Contains(file)) continue;
            if (Look.At(Path.Combine(directory, name)) is not { } look) continue;
            long expected = ShardLayout.Of(plan, file).FileLength;
            if (look.Length != expected)
            {
                found.WrongLengths.Add(new WrongLength(name, expected, look.Length));
                continue;
            }
            found._files.Add(file);
            found.Commits.Add(new Commit(file, LocalEngine.ValueBytes(plan, file), look.Modified));
        }
        return found;
    }
}
