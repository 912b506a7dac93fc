using ShardInit.Cluster;
using ShardInit.Core.Tests.Storage;
using ShardInit.Errors;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>Names of outputs and what they come to on a silo: nothing outside the roots, whatever a client sends and whatever links lie about.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly TestDirectory _scratch = new();
    private readonly string _root;
    private readonly OutputRoots _roots;

    public OutputTests()
    {
        _root = Directory.CreateDirectory(_scratch.File("root")).FullName;
        _roots = new OutputRoots([new OutputRoot("models", _root) { Tenants = ["blue"] }, new OutputRoot("open", _root)]);
    }

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("models/a", "models/a")]
    [InlineData("models/a/b c/d", "models/a/b c/d")]
    [InlineData("models/a/", "models/a")]
    [InlineData("models/größe/权重", "models/größe/权重")]
    [InlineData("models/...", "models/...")]
    public void A_name_has_one_canonical_text(string text, string canonical) => Assert.Equal(canonical, OutputName.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("models")]
    [InlineData("models/")]
    [InlineData("/models/a")]
    [InlineData("/etc/passwd")]
    [InlineData("models//a")]
    [InlineData("models/a//")]
    [InlineData("models/./a")]
    [InlineData("models/..")]
    [InlineData("models/a/../../b")]
    [InlineData("../models/a")]
    [InlineData("models/a\u0000b")]
    [InlineData("models/a\nb")]
    [InlineData("models/a\u009b")]
    [InlineData("models\\a")]
    [InlineData("models/ a")]
    [InlineData("models/a ")]
    public void Anything_else_is_refused(string text) => Assert.Contains("expected ROOT/path", Assert.Throws<PlanException>(() => OutputName.Parse(text)).Message);

    [Fact]
    public void A_broken_surrogate_is_refused() => Assert.Throws<PlanException>(() => OutputName.Parse("models/a" + (char)0xD800));

    [Fact]
    public void Lengths_are_limited()
    {
        Assert.Throws<PlanException>(() => OutputName.Parse("models/" + new string('a', OutputName.MaxSegmentBytes + 1)));
        Assert.Throws<PlanException>(() => OutputName.Parse("models/" + string.Join('/', Enumerable.Repeat("a", OutputName.MaxSegments))));
        Assert.Throws<PlanException>(() => OutputName.Parse("models/" + string.Join('/', Enumerable.Repeat(new string('a', 100), 10))));
    }

    [Fact]
    public void A_job_is_its_output_and_plan()
    {
        string plan = new('a', 64);
        string id = JobId.Of(OutputName.Parse("models/a"), plan);
        // printf 'ShardInit job\0models/a\0aaaa...' | sha256sum, first 32 digits.
        Assert.Equal("d916a81b8d01d223f4c69f50a5c5841b", id);
        Assert.True(JobId.IsText(id));
        Assert.Equal(id, JobId.Of(OutputName.Parse("models/a/"), plan));
        Assert.NotEqual(id, JobId.Of(OutputName.Parse("models/b"), plan));
        Assert.NotEqual(id, JobId.Of(OutputName.Parse("models/a"), new string('b', 64)));
    }

    [Fact]
    public void A_root_is_for_its_tenants()
    {
        Assert.Equal("models", _roots.Require(OutputName.Parse("models/a"), "blue").Name);
        string other = Assert.Throws<PlanException>(() => _roots.Require(OutputName.Parse("models/a"), "green")).Message;
        string missing = Assert.Throws<PlanException>(() => _roots.Require(OutputName.Parse("nowhere/a"), "green")).Message;
        Assert.Equal(missing.Replace("nowhere", "models"), other);
        Assert.Contains("'open'", other);
    }

    [Fact]
    public void Missing_directories_are_created_with_the_mode_of_the_root()
    {
        Assert.Equal(Path.Combine(RealPath.Of(_root), "a/b"), _roots.Resolve(OutputName.Parse("open/a/b"), "green"));
        Assert.False(Directory.Exists(Path.Combine(_root, "a")));
        OutputRoots strict = new([new OutputRoot("open", _root) { Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite }]);
        string made = strict.Create(OutputName.Parse("open/a/b"), "green");
        Assert.True(Directory.Exists(made));
        if (OperatingSystem.IsWindows()) return;
        foreach (string path in new[] { made, Path.GetDirectoryName(made)! })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite, File.GetUnixFileMode(path));
        Assert.Equal(made, strict.Create(OutputName.Parse("open/a/b"), "green"));
    }

    [SkippableTheory]
    [InlineData("/etc")]
    [InlineData("../outside")]
    [InlineData("../root-and-more")]
    [InlineData("../missing")]
    [InlineData("inner/../../outside")]
    [InlineData("second-link")]
    public void A_link_out_of_the_root_is_refused_and_nothing_is_written(string target)
    {
        Skip.If(OperatingSystem.IsWindows(), "symbolic links need rights on Windows");
        string outside = Directory.CreateDirectory(_scratch.File("outside")).FullName;
        Directory.CreateDirectory(_scratch.File("root-and-more"));
        Directory.CreateDirectory(Path.Combine(_root, "inner"));
        File.CreateSymbolicLink(Path.Combine(_root, "second-link"), outside);
        File.CreateSymbolicLink(Path.Combine(_root, "link"), target);
        foreach (string name in new[] { "open/link", "open/link/deep/er" })
        {
            Exception? error = Record.Exception(() => _roots.Create(OutputName.Parse(name), "green"));
            Assert.True(error is PlanException or IOException, $"{name} -> {target}: {error}");
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.False(Path.Exists(_scratch.File("missing")));
    }

    [SkippableFact]
    public void A_link_inside_the_root_and_a_root_that_is_a_link_are_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "symbolic links need rights on Windows");
        string inner = Directory.CreateDirectory(Path.Combine(_root, "inner")).FullName;
        File.CreateSymbolicLink(Path.Combine(_root, "link"), "inner");
        Assert.Equal(RealPath.Of(inner), _roots.Resolve(OutputName.Parse("open/link"), "green"));
        File.CreateSymbolicLink(_scratch.File("alias"), _root);
        OutputRoots aliased = new([new OutputRoot("open", _scratch.File("alias"))]);
        Assert.Equal(RealPath.Of(inner), aliased.Resolve(OutputName.Parse("open/link"), "green"));
        File.CreateSymbolicLink(Path.Combine(_root, "round"), "round");
        Assert.Throws<IOException>(() => _roots.Resolve(OutputName.Parse("open/round"), "green"));
    }

    [Theory]
    [InlineData("open/run/inner")]
    [InlineData("open/run/deep/down/inner")]
    public void No_output_lies_inside_of_another_checkpoint(string inside)
    {
        File.WriteAllText(Path.Combine(_roots.Create(OutputName.Parse("open/run"), "red"), "plan.json"), "{}");
        string message = Assert.Throws<PlanException>(() => _roots.Create(OutputName.Parse(inside), "red")).Message;
        Assert.Contains("found plan.json in 'open/run' above it", message);
        Assert.DoesNotContain(_root, message);
        Assert.Equal(["plan.json"], Directory.EnumerateFileSystemEntries(Path.Combine(_root, "run")).Select(Path.GetFileName));
        // Its own plan, and one beside it, are no hindrance.
        _roots.Create(OutputName.Parse("open/run"), "red");
        _roots.Create(OutputName.Parse("open/run-2"), "red");
    }

    [Fact]
    public void Clients_read_names_of_roots_and_no_paths_of_the_silo()
    {
        OutputRoots roots = new([new OutputRoot("main", "/data/init"), new OutputRoot("all", "/data"), new OutputRoot("everything", "/")]);
        Assert.Equal("main/a/x.arrow: no space left; main: 'main' is missing, all/other, all, /data2/x, /database",
            roots.WithoutPaths("/data/init/a/x.arrow: no space left; /data/init: '/data/init' is missing, /data/other, /data, /data2/x, /database"));
        // Also where the system names what a link leads to.
        File.CreateSymbolicLink(_scratch.File("link"), _root);
        Assert.Equal("main/a", new OutputRoots([new OutputRoot("main", _scratch.File("link"))]).WithoutPaths($"{_root}/a"));
    }

    [Fact]
    public void A_root_that_is_missing_is_told_by_its_name()
    {
        OutputRoots roots = new([new OutputRoot("lost", _scratch.File("lost"))]);
        Assert.Contains("root 'lost' is missing on this machine; mount or create it", Assert.Throws<DirectoryNotFoundException>(() => roots.Create(OutputName.Parse("lost/a"), "red")).Message);
    }

    [Fact]
    public void Roots_are_checked_when_they_are_read()
    {
        PlanException error = Assert.Throws<PlanException>(() => new OutputRoots([new OutputRoot("a", "relative"), new OutputRoot("b/c", "/x"), new OutputRoot("d", "/x"), new OutputRoot("d", "/y")]));
        Assert.Equal(3, error.Problems.Count);
    }
}
