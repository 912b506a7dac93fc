using System.Diagnostics;
using ShardInit.Silo;

namespace ShardInit.Cluster.Tests.Grains;

/// <summary>Mode and group of the directories that a silo creates, from its settings to the file system.</summary>
public sealed class RootGroupTests : IDisposable
{
    /// <summary>Of nobody in particular; only root may give directories to it.</summary>
    private const uint Group = 54321;

    private readonly string _root = Directory.CreateTempSubdirectory("shardinit-group-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [SkippableFact]
    public async Task Directories_get_the_mode_and_the_group_of_their_root()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root may give directories to any group");
        OutputRoots roots = Checked("2750").Roots;
        string directory = roots.Create(OutputName.Parse("main/team/run"), "t");
        Assert.Equal(Path.Combine(_root, "team", "run"), directory);
        Assert.Equal($"2750 {Group}", await Stat(directory));
        Assert.Equal($"2750 {Group}", await Stat(Path.GetDirectoryName(directory)!));
        // The root itself is whoever's made it, and what is there stays as it is.
        Assert.NotEqual($"2750 {Group}", await Stat(_root));
        Checked("0700").Roots.Create(OutputName.Parse("main/team/run"), "t");
        Assert.Equal($"2750 {Group}", await Stat(directory));
        // Files in it get the group from the directory.
        File.WriteAllText(Path.Combine(directory, "file"), "x");
        Assert.EndsWith($" {Group}", await Stat(Path.Combine(directory, "file")));
    }

    [SkippableFact]
    public void A_directory_that_cannot_be_given_to_its_group_is_not_left_there()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && !Environment.IsPrivilegedProcess, "root may give directories to any group");
        Exception error = Assert.ThrowsAny<Exception>(() => Checked("0775").Roots.Create(OutputName.Parse("main/run"), "t"));
        Assert.Contains($"group {Group}", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
    }

    private CheckedSettings Checked(string mode) => CheckedSettings.Of(new SiloSettings { Roots = { ["main"] = new RootSettings { Directory = _root, Mode = mode, Group = Group } } });

    private static async Task<string> Stat(string path)
    {
        using Process stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%a %g", path]) { RedirectStandardOutput = true })!;
        string text = await stat.StandardOutput.ReadToEndAsync();
        await stat.WaitForExitAsync();
        return text.Trim();
    }
}
