using ShardInit.Cluster;
using ShardInit.Errors;
using ShardInit.Grains;

namespace ShardInit.Silo;

/// <summary>The roots of a silo's settings, with directories that are there: a silo that cannot write takes work from those that can, and fails it.</summary>
internal static class CheckedRoots
{
    private const int HighestMode = 0xFFF;

    public static OutputRoots Of(SiloSettings settings, Problems problems)
    {
        if (settings.Roots.Count == 0) problems.Add("roots: expected at least one directory where jobs may write, found none; for instance --root main=/data/init");
        OutputRoot[] roots = [.. settings.Roots.Select(pair => Root(pair.Key, pair.Value, problems))];
        try
        {
            return new OutputRoots(roots);
        }
        catch (PlanException error)
        {
            problems.Add(error);
            return new OutputRoots([]);
        }
    }

    private static OutputRoot Root(string name, RootSettings settings, Problems problems)
    {
        string key = $"roots.{name}";
        foreach (string tenant in settings.Tenants)
        {
            if (!SessionPolicy.IsName(tenant)) problems.Add($"{key}.tenants: expected names of tenants ({SessionPolicy.NameForm}), found {Problems.Quote(tenant ?? "")}");
        }
        if (Path.IsPathFullyQualified(settings.Directory) && !Directory.Exists(settings.Directory))
        {
            problems.Add($"{key}.directory {Problems.Quote(settings.Directory)}: expected a directory, found {(File.Exists(settings.Directory) ? "a file" : "nothing, or nothing that may be seen")}; create or mount it before the silo starts");
        }
        return new OutputRoot(name, settings.Directory) { Mode = Mode($"{key}.mode", settings.Mode, problems), Group = settings.Group, Tenants = settings.Tenants };
    }

    private static UnixFileMode Mode(string key, string text, Problems problems)
    {
        try
        {
            int mode = Convert.ToInt32(text, 8);
            if (mode is >= 0 and <= HighestMode) return (UnixFileMode)mode;
            problems.Add($"{key}: expected at most 7777, found {Problems.Quote(text)}");
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            problems.Add($"{key}: expected an octal mode such as 0775, found {Problems.Quote(text)}");
        }
        return default;
    }
}
