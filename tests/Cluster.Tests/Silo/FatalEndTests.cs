using ShardInit.Silo;

namespace ShardInit.Cluster.Tests.Silo;

/// <summary>What a silo says that has to end. That it ends with a line and an exit code: ClusterTests.</summary>
public sealed class FatalEndTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("shardinit-end-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>The words of Orleans 10.</summary>
    [Theory]
    [InlineData("I have been told I am dead, so this silo will stop! Reason: x", null, "the others have given this silo up")]
    [InlineData("context", "The development membership table version decreased from 9 to 2.", "the first silo of this machine (port 7001) was started again")]
    [InlineData("context", "two\nlines", "this silo cannot go on: two lines; start it again")]
    [InlineData("context", null, "this silo cannot go on: context; start it again")]
    public void It_is_one_line_with_the_reason_and_what_to_do(string context, string? error, string says)
    {
        CheckedSettings settings = CheckedSettings.Of(new SiloSettings { Roots = { ["data"] = new RootSettings { Directory = _root } }, Endpoint = new EndpointSettings { PrimaryPort = 7001 } });
        string line = FatalEnd.Line(settings, context, error is null ? null : new InvalidOperationException("outside", new IOException(error)));
        Assert.StartsWith(says, line);
        Assert.Contains("start ", line);
        Assert.DoesNotContain('\n', line);
    }
}
