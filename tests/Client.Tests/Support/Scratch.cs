using System.Security.Cryptography;

namespace ShardInit.Client.Tests.Support;

/// <summary>A directory of one test, deleted at its end.</summary>
public sealed class Scratch : IDisposable
{
    public Scratch() => Root = Directory.CreateTempSubdirectory("shardinit-test-").FullName;

    public string Root { get; }

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Name and SHA-256 of every file below a directory, sorted: equal strings mean byte-identical directories.</summary>
    public static string Fingerprint(string directory) => string.Join('\n', Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(directory, path)).Order(StringComparer.Ordinal)
        .Select(name => $"{name} {Sha256(Path.Combine(directory, name))}"));

    public static string Sha256(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
