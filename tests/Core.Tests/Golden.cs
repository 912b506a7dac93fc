using System.Runtime.CompilerServices;

namespace ShardInit.Core.Tests;

/// <summary>Files that the real libraries made (Golden/README.md): the expected side of tests.</summary>
internal static class Golden
{
    public static string Directory { get; } = Path.Combine(Here(), "Golden");

    /// <summary>Root of the repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    public static string Tensors(string name) => Path.Combine(Directory, "tensors", name);

    public static string Family(string name) => Path.Combine(Directory, "families", $"{name}.json");

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
