using ShardInit.Model;

namespace ShardInit.Client.Output;

/// <summary>
/// A file that appears under its name whole or not at all: written beside it and renamed. Where a link stands under the name, what it points to is written. A pipe or
/// device takes the bytes directly: a rename would put a file in its place.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string? _temporary;
    private bool _published;

    /// <exception cref="CommandLine.UsageException">The file would lie in a checkpoint.</exception>
    public OutputFile(string path)
    {
        if (SpecialFiles.Is(path))
        {
            _path = path;
            Stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1 << 16);
            return;
        }
        if (new FileInfo(path).LinkTarget is not null) path = File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        OutsideCheckpoints.Require(CommandLine.Flags.OutFile, path);
        _path = path;
        _temporary = $"{path}.tmp-{Environment.ProcessId}";
        string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        if (!Directory.Exists(directory)) throw new IOException($"{path}: expected the directory {directory} to exist, found none; create it");
        if (Directory.Exists(path)) throw new IOException($"{path}: expected a file to write to, found a directory; name a file in it");
        Stream = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
    }

    public Stream Stream { get; }

    public void Publish()
    {
        Stream.Dispose();
        if (_temporary is not null) File.Move(_temporary, _path, overwrite: true);
        _published = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_published && _temporary is not null) File.Delete(_temporary);
    }
}
