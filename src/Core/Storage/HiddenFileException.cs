using ShardInit.Errors;

namespace ShardInit.Storage;

/// <summary>
/// A name that another machine has just made and that this one does not see yet: caches of network file systems hide new names for up to a minute. Wait and look again.
/// </summary>
/// <param name="otherwise">What to say where waiting does not help.</param>
internal sealed class HiddenFileException(string path, PlanException? otherwise = null)
    : IOException($"{path}: another process has made it, but it cannot be read here yet (caches of network file systems hide new files for up to a minute); run again in a minute")
{
    public string Path { get; } = path;

    public PlanException? Otherwise { get; } = otherwise;
}
