using System.Globalization;
using System.Runtime.InteropServices;
using ShardInit.Client.Output;
using ShardInit.Client.Tests.Support;

namespace ShardInit.Client.Tests.Output;

public sealed partial class MetricsFileTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ManualTimers _timers = new();
    private readonly StringWriter _error = new(CultureInfo.InvariantCulture);
    private long _files;

    public void Dispose() => _scratch.Dispose();

    private RunMetrics Metrics() => new("0123", 3, 16, "a \"Slurm\" step", 1000, _files, 5_000_000_000_000_000, 1000 * _files, _files, 10 * _files, 1, 2, 0.25, _files == 1000, 12.5);

    private MetricsFile Begin(string name = "run.prom") => new(MetricsFile.PathOf(_scratch[name], 3), Metrics, new Terminal(Stream.Null, _error, errorIsTerminal: false), _timers);

    private IReadOnlyDictionary<string, Metric> Read(string name = "run.prom") => PrometheusParser.Parse(File.ReadAllText(_scratch[name]));

    private double Value(string metric) => Assert.Single(Read()[metric].Samples).Value;

    [Fact]
    public void Every_number_has_its_metric_with_the_rank()
    {
        _files = 7;
        using MetricsFile file = Begin();
        IReadOnlyDictionary<string, Metric> metrics = Read();
        Assert.Equal(
            new()
            {
                ["shardinit_info"] = 1, ["shardinit_files"] = 1000, ["shardinit_files_committed"] = 7, ["shardinit_bytes"] = 5e15, ["shardinit_bytes_committed"] = 7000, ["shardinit_sealed"] = 0,
                ["shardinit_rank_files_written_total"] = 7, ["shardinit_rank_bytes_written_total"] = 70, ["shardinit_rank_files_duplicated_total"] = 1, ["shardinit_rank_files_helped_total"] = 2,
                ["shardinit_rank_progress_age_seconds"] = 0.25, ["shardinit_rank_elapsed_seconds"] = 12.5,
            },
            metrics.ToDictionary(metric => metric.Key, metric => Assert.Single(metric.Value.Samples).Value));
        Assert.All(metrics.Values, metric => Assert.Equal(("rank", "3"), metric.Samples[0].Labels[0]));
        Assert.Equal([("rank", "3"), ("plan_id", "0123"), ("world", "16"), ("source", "a \"Slurm\" step")], metrics["shardinit_info"].Samples[0].Labels);
        // A counter ends in _total, and nothing else does.
        Assert.All(metrics.Values, metric => Assert.Equal(metric.Type == "counter", metric.Name.EndsWith("_total", StringComparison.Ordinal)));
    }

    /// <summary>A collector that reads the files of all ranks together refuses one metric with two help texts.</summary>
    [Fact]
    public void Files_of_two_ranks_go_together()
    {
        IReadOnlyDictionary<string, Metric> first = PrometheusParser.Parse(Metrics().ToPrometheus());
        IReadOnlyDictionary<string, Metric> second = PrometheusParser.Parse((Metrics() with { Rank = 4, World = 1, Source = "", Sealed = true, FilesCommitted = 9 }).ToPrometheus());
        Assert.Equal(first.Values.Select(metric => (metric.Name, metric.Type, metric.Help)), second.Values.Select(metric => (metric.Name, metric.Type, metric.Help)));
        foreach ((string name, Metric metric) in first) Assert.NotEqual(metric.Samples[0].Labels, second[name].Samples[0].Labels);
    }

    [Fact]
    public void It_is_written_at_once_every_ten_seconds_and_at_the_end()
    {
        using (MetricsFile file = Begin())
        {
            Assert.Equal([TimeSpan.FromSeconds(10)], _timers.Periods);
            Assert.Equal(0, Value("shardinit_files_committed"));
            _files = 5;
            Assert.Equal(0, Value("shardinit_files_committed"));
            _timers.Ring();
            Assert.Equal(5, Value("shardinit_files_committed"));
            _files = 1000;
        }
        Assert.Equal((1000, 1), (Value("shardinit_files_committed"), Value("shardinit_sealed")));
        _files = 0;
        _timers.Ring();
        Assert.Equal(1000, Value("shardinit_files_committed"));
        Assert.Equal(["run.prom"], Directory.GetFiles(_scratch.Root).Select(Path.GetFileName));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void A_reader_sees_one_whole_file_or_another()
    {
        using MetricsFile file = Begin();
        using FileStream before = File.OpenRead(_scratch["run.prom"]);
        long length = before.Length;
        bool done = false;
        Thread writer = new(() =>
        {
            for (int round = 0; round < 3000; round++)
            {
                Interlocked.Increment(ref _files);
                _timers.Ring();
            }
            Volatile.Write(ref done, true);
        });
        writer.Start();
        HashSet<double> seen = [];
        try
        {
            do
            {
                IReadOnlyDictionary<string, Metric> metrics = Read();
                double committed = metrics["shardinit_files_committed"].Samples[0].Value;
                Assert.Equal(1000 * committed, metrics["shardinit_bytes_committed"].Samples[0].Value);
                seen.Add(committed);
            }
            while (!Volatile.Read(ref done));
        }
        finally
        {
            writer.Join();
        }
        Assert.True(seen.Count > 1, "the reader met one state only");
        // Who has it open goes on reading what he opened.
        Assert.Equal((length, 0), (before.Length, PrometheusParser.Parse(new StreamReader(before).ReadToEnd())["shardinit_files_committed"].Samples[0].Value));
    }

    [Fact]
    public void The_rank_stands_in_the_name()
    {
        Assert.Equal(_scratch["shardinit-12-12.prom"], MetricsFile.PathOf(_scratch["shardinit-{rank}-{rank}.prom"], 12));
        using MetricsFile file = Begin("shardinit-{rank}.prom");
        Assert.True(File.Exists(_scratch["shardinit-3.prom"]));
    }

    [SkippableFact]
    public void A_name_that_cannot_be_is_told_before_the_run()
    {
        Assert.Contains($"expected the directory {_scratch["none"]} to exist, found none", Assert.Throws<IOException>(() => MetricsFile.PathOf(_scratch["none/run.prom"], 0)).Message);
        Assert.Contains("found a directory", Assert.Throws<IOException>(() => MetricsFile.PathOf(_scratch.Root, 0)).Message);
        Skip.IfNot(OperatingSystem.IsLinux(), "needs devices");
        Assert.Contains("found a pipe or device", Assert.Throws<IOException>(() => MetricsFile.PathOf("/dev/null", 0)).Message);
    }

    [SkippableFact]
    public void Behind_a_link_what_it_points_to_is_replaced()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        Directory.CreateDirectory(_scratch["collector"]);
        File.CreateSymbolicLink(_scratch["run.prom"], _scratch["collector/real.prom"]);
        using MetricsFile file = Begin();
        Assert.NotNull(new FileInfo(_scratch["run.prom"]).LinkTarget);
        Assert.Equal(12, Read("collector/real.prom").Count);
    }

    [Fact]
    public void A_failure_is_told_once_and_the_next_time_is_tried_again()
    {
        Directory.CreateDirectory(_scratch["folder"]);
        using (MetricsFile file = Begin("folder/run.prom"))
        {
            Directory.Delete(_scratch["folder"], recursive: true);
            _timers.Ring();
            _timers.Ring();
            Assert.Contains("the run goes on without them", Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)));
            Directory.CreateDirectory(_scratch["folder"]);
            _files = 1;
            _timers.Ring();
            Assert.Equal(1, Read("folder/run.prom")["shardinit_files_committed"].Samples[0].Value);
            Directory.Delete(_scratch["folder"], recursive: true);
        }
        Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The write succeeds, the renaming does not: what was written goes away.</summary>
    [Fact]
    public void A_failure_leaves_no_second_file()
    {
        using MetricsFile file = Begin();
        File.Delete(_scratch["run.prom"]);
        Directory.CreateDirectory(_scratch["run.prom"]);
        _timers.Ring();
        Assert.Contains("cannot write the metrics", _error.ToString());
        Assert.Empty(Directory.GetFiles(_scratch.Root));
    }

    /// <summary>A collector runs as a user of its own.</summary>
    [SkippableFact]
    public void Others_may_read_it_where_the_mask_lets_them()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs modes");
        uint mask = SetMask(0x12);
        try
        {
            using MetricsFile file = Begin();
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(_scratch["run.prom"]).HasFlag(UnixFileMode.OtherRead));
        }
        finally
        {
            SetMask(mask);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
