using System.Text.RegularExpressions;
using ShardInit.Errors;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>
/// The roots of a silo. A client names a root and a relative path, never a path of the silo; what that comes to is looked up here, after symbolic links, and must lie below the root.
/// </summary>
public sealed class OutputRoots
{
    private readonly Dictionary<string, OutputRoot> _roots = new(StringComparer.Ordinal);

    /// <exception cref="PlanException">Two roots of one name, a name that no output can have, a directory that is not absolute.</exception>
    public OutputRoots(IEnumerable<OutputRoot> roots)
    {
        Problems problems = new();
        foreach (OutputRoot root in roots)
        {
            if (!Path.IsPathFullyQualified(root.Directory)) problems.Add($"root {Problems.Quote(root.Name)}: expected an absolute path, found {Problems.Quote(root.Directory)}");
            if (!IsName(root.Name)) problems.Add($"root {Problems.Quote(root.Name)}: expected a name of one part, without slashes or control characters");
            else if (!_roots.TryAdd(root.Name, root)) problems.Add($"root {Problems.Quote(root.Name)}: expected one directory, found two");
        }
        problems.ThrowIfAny();
    }

    public IReadOnlyCollection<OutputRoot> All => _roots.Values;

    /// <summary>Whether a tenant may write there. Looks at names alone, so it can be asked anywhere.</summary>
    /// <exception cref="PlanException">No such root, or none for this tenant: one message for both, since names of roots are nobody else's business.</exception>
    public OutputRoot Require(OutputName output, string tenant)
    {
        if (_roots.TryGetValue(output.Root, out OutputRoot? root) && root.Allows(tenant)) return root;
        string known = string.Join(", ", _roots.Values.Where(other => other.Allows(tenant)).Select(other => Problems.Quote(other.Name)));
        throw new PlanException($"output {Problems.Quote(output.ToString())}: expected a root that tenant {Problems.Quote(tenant)} may write to ({(known.Length == 0 ? "there is none" : known)}), found {Problems.Quote(output.Root)}");
    }

    /// <summary>The directory of an output, without symbolic links. Nothing is created.</summary>
    /// <exception cref="PlanException">The root is not for this tenant; a link leads out of it.</exception>
    /// <exception cref="IOException">The root is missing, or part of the path is no directory.</exception>
    public string Resolve(OutputName output, string tenant)
    {
        OutputRoot root = Require(output, tenant);
        if (!Directory.Exists(root.Directory)) throw new DirectoryNotFoundException($"{root.Directory}: root {Problems.Quote(root.Name)} is missing on this machine; mount or create it");
        string real = RealPath.Of(root.Directory), path = real;
        string[] segments = output.Path.Split('/');
        for (int i = 0; i < segments.Length; i++)
        {
            path = Path.Combine(path, segments[i]);
            // A link to nothing exists by its own name only: what it would create lies elsewhere.
            if (!RealPath.Exists(path)) return Path.Combine([path, .. segments[(i + 1)..]]);
            path = RealPath.Of(path);
            if (!IsBelow(path, real))
            {
                throw new PlanException($"output {Problems.Quote(output.ToString())}: expected a directory below root {Problems.Quote(root.Name)}, found a symbolic link out of it at {Problems.Quote(segments[i])}");
            }
            if (!Directory.Exists(path)) throw FileErrors.NotADirectory(path);
        }
        return path;
    }

    /// <summary>As <see cref="Resolve"/>, and creates what is missing with the mode and group of the root.</summary>
    /// <exception cref="PlanException">As <see cref="Resolve"/>; also where a link took the place of a directory meanwhile.</exception>
    /// <exception cref="IOException">As <see cref="Resolve"/>; it cannot be created.</exception>
    public string Create(OutputName output, string tenant)
    {
        OutputRoot root = Require(output, tenant);
        string wanted = Resolve(output, tenant);
        string real = RealPath.Of(root.Directory);
        RequireOutsideCheckpoints(output, wanted, real);
        Stack<string> missing = [];
        for (string path = wanted; path != real && !Directory.Exists(path); path = Path.GetDirectoryName(path)!) missing.Push(path);
        while (missing.TryPop(out string? path)) RealPath.CreateDirectory(path, root.Mode, root.Group);
        // Somebody may have put a link where nothing was a moment ago.
        string found = Resolve(output, tenant);
        return found == wanted ? found : throw new PlanException($"output {Problems.Quote(output.ToString())}: the directory was replaced while it was created; submit again");
    }

    /// <summary>A message of the system as clients may read it: names of roots in place of paths of the silo.</summary>
    public string WithoutPaths(string text)
    {
        foreach (OutputRoot root in _roots.Values.OrderByDescending(root => root.Directory.Length))
        {
            foreach (string path in Paths(root).Where(path => path.Length > 0)) text = Regex.Replace(text, Regex.Escape(path) + @"(?![\w.-])", _ => root.Name, RegexOptions.CultureInvariant);
        }
        return text;

        static IEnumerable<string> Paths(OutputRoot root)
        {
            yield return root.Directory.TrimEnd('/');
            if (Directory.Exists(root.Directory)) yield return RealPath.Of(root.Directory).TrimEnd('/');
        }
    }

    /// <summary>A checkpoint holds its own files alone: whoever looks at it whole, 'verify' for one, would take another one inside it for a defect.</summary>
    private static void RequireOutsideCheckpoints(OutputName output, string wanted, string real)
    {
        for (string? path = Path.GetDirectoryName(wanted); path is not null && path.Length >= real.Length; path = Path.GetDirectoryName(path))
        {
            if (!File.Exists(Path.Combine(path, CheckpointFiles.Plan))) continue;
            throw new PlanException($"output {Problems.Quote(output.ToString())}: expected a directory outside of other checkpoints, found plan.json in {Problems.Quote(output.Root + path[real.Length..])} above it; choose another output");
        }
    }

    private static bool IsName(string name)
    {
        try
        {
            return OutputName.Parse($"{name}/x").Root == name;
        }
        catch (PlanException)
        {
            return false;
        }
    }

    private static bool IsBelow(string path, string root) => path.StartsWith(root.EndsWith('/') ? root : root + "/", StringComparison.Ordinal) && path.Length > root.Length;
}
