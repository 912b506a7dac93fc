using System.Text.RegularExpressions;
using ShardInit.Client.Tests.Kubernetes;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>The Dockerfile as text, and what its build runs. No container has been built of it here.</summary>
public sealed partial class ContainerImageTests
{
    private static readonly string[] s_lines = [.. File.ReadAllText(SourceTree.PathOf("Dockerfile")).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Where(line => line.Length > 0 && line[0] != '#')];

    [Fact]
    public void Its_images_are_pinned()
    {
        string[] images = [.. Of("ARG").Where(line => line.Contains('=')).Select(line => line.Split('=')[1])];
        Assert.Equal(2, images.Length);
        Assert.All(images, image => Assert.Matches(@"^mcr\.microsoft\.com/dotnet/[a-z-]+:10\.0\.\d+-noble(-chiseled)?$", image));
        // The stages take these and nothing else.
        Assert.Equal(["--platform=$BUILDPLATFORM ${SDK} AS build", "${RUNTIME}"], Of("FROM"));
    }

    [Fact]
    public void It_runs_the_program_as_the_user_of_the_manifests()
    {
        KubernetesObject pod = Kustomization.Plain("base").Single(found => found.Kind == "Deployment").Template["spec"];
        int last = Array.FindLastIndex(s_lines, line => line.StartsWith("FROM ", StringComparison.Ordinal));
        string[] stage = s_lines[last..];
        Assert.Equal($"USER {pod["securityContext"]["runAsUser"].Text}:{pod["securityContext"]["runAsGroup"].Text}", Assert.Single(stage, line => line.StartsWith("USER ", StringComparison.Ordinal)));
        Assert.Equal("ENTRYPOINT [\"/usr/local/bin/shardinit\"]", Assert.Single(stage, line => line.StartsWith("ENTRYPOINT ", StringComparison.Ordinal)));
        Assert.Contains("COPY --from=build /publish/shardinit /usr/local/bin/shardinit", stage);
        // Nothing runs there: it has no shell.
        Assert.DoesNotContain(stage, line => line.StartsWith("RUN ", StringComparison.Ordinal) || line.StartsWith("ADD ", StringComparison.Ordinal));
        Assert.Equal(pod["containers"].Items.Single()["ports"].Items.Select(port => port["containerPort"].Text), Assert.Single(Of("EXPOSE")).Split(' '));
    }

    [Fact]
    public void It_holds_no_secret()
    {
        Assert.DoesNotContain(s_lines, line => line.StartsWith("ENV ", StringComparison.Ordinal) || line.StartsWith("ADD ", StringComparison.Ordinal));
        Assert.All(Of("ARG"), line => Assert.DoesNotMatch(Secret(), line));
        string[] ignored = File.ReadAllLines(SourceTree.PathOf(".dockerignore"));
        Assert.Equal("*", ignored.First(line => line.Length > 0 && line[0] != '#'));
        // What is copied is let through, and is there.
        string[] copied = [.. Of("COPY").Where(line => !line.StartsWith("--from", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[..^1])];
        Assert.Equal(ignored.Where(line => line.StartsWith('!')).Select(line => line[1..]).Order(), copied.Order());
        Assert.All(copied, path => Assert.True(Path.Exists(SourceTree.PathOf(path)), path));
    }

    /// <summary>The command of its build, run on what its COPY lines bring, with a target for each architecture that it knows.</summary>
    [SkippableTheory]
    [InlineData("amd64", true)]
    [InlineData("arm64", false)]
    [InlineData("s390x", false)]
    public void Its_build_publishes_one_file(string architecture, bool runs)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a POSIX shell");
        bool known = architecture != "s390x";
        Skip.If(known && Environment.GetEnvironmentVariable("SHARDINIT_LONG") != "1", "takes minutes: ./test --long");
        using Scratch scratch = new();
        string script = Mount().Replace(Assert.Single(Of("RUN")), "").Replace("/publish ", scratch["publish"] + " ", StringComparison.Ordinal);
        string copied = string.Join(' ', Of("COPY").Where(line => !line.StartsWith("--from", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[..^1]).Select(path => $"'{SourceTree.PathOf(path)}'"));
        Outcome outcome = Shell($"mkdir '{scratch["source"]}' && cp -r {copied} '{scratch["source"]}' && cd '{scratch["source"]}' && export TARGETARCH={architecture} && {script}");
        Assert.True(outcome.ExitCode == (known ? 0 : 1), outcome.ToString());
        if (!known) Assert.Contains("expected amd64 or arm64, found s390x", outcome.Error);
        else Assert.Equal(["shardinit"], Directory.EnumerateFileSystemEntries(scratch["publish"]).Select(path => Path.GetFileName(path)));
        if (runs) Assert.StartsWith("shardinit ", Shell($"env -i '{scratch["publish"]}/shardinit' --version").Output);
    }

    private static string[] Of(string instruction) => [.. s_lines.Where(line => line.StartsWith(instruction + " ", StringComparison.Ordinal)).Select(line => line[(instruction.Length + 1)..])];

    [GeneratedRegex("password|secret|token|key", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();

    [GeneratedRegex(@"--mount=\S+ *")]
    private static partial Regex Mount();
}
