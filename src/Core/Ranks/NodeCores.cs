using System.Globalization;

namespace ShardInit.Ranks;

/// <summary>What Linux, its containers and Slurm say about the cores that a process may use.</summary>
/// <param name="Affinity">Cores that this process may run on.</param>
/// <param name="Cpuset">Cores of its control group, else of the machine: what its neighbours may run on as well.</param>
/// <param name="Quota">CPU time in cores that the control groups allow, the tightest of them; null without a limit.</param>
/// <param name="SlurmOnNode">SLURM_CPUS_ON_NODE: what the step or job has of this machine.</param>
/// <param name="SlurmPerTask">SLURM_CPUS_PER_TASK: what the user asked for one task.</param>
public sealed record NodeCores(int Affinity, int Cpuset, double? Quota, int? SlurmOnNode, int? SlurmPerTask)
{
    private const string Groups = "sys/fs/cgroup";

    /// <summary>Reads /proc and /sys below <paramref name="root"/>. What cannot be read limits nothing.</summary>
    public static NodeCores Read(string root, Func<string, string?> environment)
    {
        int machine = CoresIn(TextOf(root, "sys/devices/system/cpu/online")) ?? Environment.ProcessorCount;
        string? allowed = TextOf(root, "proc/self/status")?.Split('\n').FirstOrDefault(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
        int affinity = CoresIn(allowed?.Split(':')[1]) ?? machine;
        (int? cpuset, double? quota) = (null, null);
        foreach (string line in TextOf(root, "proc/self/cgroup")?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            // number:controllers:path; version 2 is number 0 without controllers. It stands in a folder of its own beside version 1.
            string[] fields = line.Split(':', 3);
            if (fields.Length < 3) continue;
            string[] controllers = fields[1].Split(',');
            if (fields[0] == "0" && fields[1].Length == 0)
            {
                foreach (string hierarchy in new[] { Groups, $"{Groups}/unified" })
                {
                    cpuset ??= Ancestry(root, hierarchy, fields[2]).Select(folder => CoresIn(TextOf(folder, "cpuset.cpus.effective"))).FirstOrDefault(cores => cores is not null);
                    quota = Tighter(quota, Ancestry(root, hierarchy, fields[2]).Select(folder => QuotaOf(TextOf(folder, "cpu.max"))));
                }
            }
            else if (controllers.Contains("cpuset"))
            {
                cpuset ??= Ancestry(root, $"{Groups}/cpuset", fields[2]).Select(folder => CoresIn(TextOf(folder, "cpuset.effective_cpus") ?? TextOf(folder, "cpuset.cpus"))).FirstOrDefault(cores => cores is not null);
            }
            else if (controllers.Contains("cpu"))
            {
                quota = Tighter(quota, Ancestry(root, $"{Groups}/cpu", fields[2]).Select(folder => QuotaOf($"{TextOf(folder, "cpu.cfs_quota_us")?.Trim()} {TextOf(folder, "cpu.cfs_period_us")?.Trim()}")));
            }
        }
        return new NodeCores(affinity, cpuset ?? machine, quota, Number(environment("SLURM_CPUS_ON_NODE")), Number(environment("SLURM_CPUS_PER_TASK")));
    }

    /// <summary>How many cores a list such as <c>0-3,8,10-11</c> names; null where it is no such list or names none.</summary>
    internal static int? CoresIn(string? list)
    {
        if (string.IsNullOrWhiteSpace(list)) return null;
        long count = 0;
        foreach (string item in list.Trim().Split(','))
        {
            string[] ends = item.Split('-');
            if (ends.Length > 2 || Number(ends[0], 0) is not { } first || Number(ends[^1], 0) is not { } last || last < first) return null;
            count += (long)last - first + 1;
        }
        return (int)Math.Min(count, int.MaxValue);
    }

    /// <summary>Microseconds of CPU time and microseconds of a period, <c>150000 100000</c> being 1.5 cores; "max" or -1 is no limit.</summary>
    internal static double? QuotaOf(string? text)
    {
        string[] words = text?.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? [];
        return words.Length == 2 && Number(words[0]) is { } time && Number(words[1]) is { } period ? (double)time / period : null;
    }

    private static double? Tighter(double? quota, IEnumerable<double?> others) => others.Append(quota).Min();

    /// <summary>The folder of a control group and those above it. In a container the path may be that of the host and not be there: the nearest that is counts.</summary>
    private static IEnumerable<string> Ancestry(string root, string hierarchy, string path)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int depth = names.Length; depth >= 0; depth--)
        {
            string folder = Path.Combine([root, hierarchy, .. names[..depth]]);
            if (Directory.Exists(folder)) yield return folder;
        }
    }

    private static int? Number(string? text, int least = 1) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least ? value : null;

    private static string? TextOf(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
