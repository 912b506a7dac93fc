using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>
/// Names of what a run keeps in the directory while it lives, all under <see cref="CheckpointFiles.TemporaryPrefix"/> and all gone when it is sealed: unfinished files
/// <c>.tmp-NAME-HHHHHHHHRRRRRRRR</c> (host tag, random), claims <c>.tmp-NAME.claim</c>, those of helpers <c>.tmp-NAME.N.claim</c>, and journals <c>.tmp-rankN-HHHHHHHHRRRRRRRR.journal</c>.
/// </summary>
internal static class WorkFiles
{
    public const string ClaimSuffix = ".claim";
    public const string JournalSuffix = ".journal";

    /// <summary>A name that no other attempt at the same file has.</summary>
    public static string Unfinished(string finalName) => $"{CheckpointFiles.TemporaryPrefix}{finalName}-{HostTag.Current}{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <param name="helper">0 for the first to claim it.</param>
    public static string Claim(string finalName, int helper = 0) => $"{CheckpointFiles.TemporaryPrefix}{finalName}{(helper == 0 ? "" : $".{helper}")}{ClaimSuffix}";

    public static string Journal(int rank) => $"{CheckpointFiles.TemporaryPrefix}rank{rank}-{HostTag.Current}{RandomNumberGenerator.GetHexString(8, lowercase: true)}{JournalSuffix}";

    public static bool IsJournal(string name) => CheckpointFiles.IsTemporary(name) && name.EndsWith(JournalSuffix, StringComparison.Ordinal);

    public static bool IsClaim(string name) => CheckpointFiles.IsTemporary(name) && name.EndsWith(ClaimSuffix, StringComparison.Ordinal);

    /// <summary>An unfinished file made under this kernel.</summary>
    public static bool IsOfThisHost(string name) =>
        name.Length > 2 * HostTag.Length && name[^(2 * HostTag.Length + 1)] == '-' && name.AsSpan(name.Length - 2 * HostTag.Length, HostTag.Length).SequenceEqual(HostTag.Current);

    /// <summary>Removes what is left of runs. A name that goes away meanwhile is no error.</summary>
    public static void Delete(FileOperations operations, string directory, Leftovers which)
    {
        foreach (string name in operations.List(directory))
        {
            if (!CheckpointFiles.IsTemporary(name)) continue;
            string path = Path.Combine(directory, name);
            if (which == Leftovers.All)
            {
                operations.Delete(path);
                continue;
            }
            if (IsJournal(name))
            {
                if (which == Leftovers.DeadAndJournals) operations.Delete(path);
                continue;
            }
            if (which == Leftovers.DeadOfThisHost && !IsOfThisHost(name)) continue;
            using SafeFileHandle? handle = operations.TryOpenAbandoned(path);
            if (handle is not null) operations.Delete(path);
        }
    }
}

/// <summary>Which work files to remove.</summary>
internal enum Leftovers
{
    /// <summary>Unfinished files of this machine's dead processes: for runs that share a directory with other machines.</summary>
    DeadOfThisHost,
    /// <summary>Unfinished files and claims whose lock nobody holds; journals stay.</summary>
    Dead,
    /// <summary>As <see cref="Dead"/>, and journals: nobody needs them once the directory is sealed.</summary>
    DeadAndJournals,
    /// <summary>Everything, also of living processes: their work is not needed once every file is committed.</summary>
    All,
}
