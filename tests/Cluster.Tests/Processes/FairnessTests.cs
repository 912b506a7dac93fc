using System.Diagnostics;
using Xunit.Abstractions;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>Two equal tenants, one with ten times the files: what is committed for each over a while differs by little.</summary>
public sealed class FairnessTests(ITestOutputHelper output)
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1";

    [Fact]
    public async Task Two_equal_tenants_get_equal_bytes()
    {
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(3);
        Work work = new(cluster);
        string first = cluster.ClientSettings("first"), second = cluster.ClientSettings("second");
        // Ten times as many files of one tenant as of the other.
        int files = s_long ? 80_000 : 16_000, kiB = 64;
        await Shardinit.Expect(0, ["submit", .. work.Plan(10 * files, kiB), "--out", "main/first", "--cluster", first, "--quiet"]);
        await Shardinit.Expect(0, ["submit", .. work.Plan(files, kiB, seed: 20), "--out", "main/second", "--cluster", second, "--quiet"]);
        await cluster.HasFiles("main/second", 20);
        TimeSpan window = TimeSpan.FromSeconds(s_long ? 60 : 10);
        List<(TimeSpan At, int First, int Second)> looks = [];
        Stopwatch clock = Stopwatch.StartNew();
        while (cluster.FilesOf("main/second") < files && clock.Elapsed < 2.5 * window)
        {
            looks.Add((clock.Elapsed, cluster.FilesOf("main/first"), cluster.FilesOf("main/second")));
            await Task.Delay(500);
        }
        output.WriteLine(string.Join("; ", looks.Where((_, index) => index % 5 == 0).Select(look => $"{look.At.TotalSeconds:0.0} s: {look.First} and {look.Second} files")));
        List<double> differences = [];
        foreach ((TimeSpan at, int firstFiles, int secondFiles) in looks)
        {
            int end = looks.FindIndex(look => look.At - at >= window);
            if (end < 0) break;
            (double a, double b) = (looks[end].First - firstFiles, looks[end].Second - secondFiles);
            differences.Add(Math.Abs(a - b) / Math.Max(a, b));
        }
        Assert.NotEmpty(differences);
        output.WriteLine($"{differences.Count} windows of {window.TotalSeconds:0} s: largest difference {100 * differences.Max():0.0} %, median {100 * differences.Order().ElementAt(differences.Count / 2):0.0} %");
        // The promise is 10 % over a minute. In a sixth of that a batch of one silo, which a busy machine lets wait for seconds, weighs six times as much; without fairness it would be 90 %.
        double most = s_long ? 0.10 : 0.25;
        Assert.True(differences.Max() <= most, $"over {window.TotalSeconds} s the tenants' bytes differed by {100 * differences.Max():0.0} %");
    }
}
