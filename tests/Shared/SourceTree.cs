namespace ShardInit.Tests;

/// <summary>The source tree that the tests were built from.</summary>
public static class SourceTree
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ShardInit.sln"))) directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException($"no ShardInit.sln above {AppContext.BaseDirectory}");
    }
}
