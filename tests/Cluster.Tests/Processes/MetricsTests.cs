using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ShardInit.Cluster.Tests.Support;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>What a silo measures arrives where its settings say.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task A_collector_gets_shards_bytes_retries_and_lost_leases()
    {
        int port = FreePorts.Take();
        using HttpListener listener = new();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        ConcurrentQueue<(string Path, string? Type, byte[] Body)> exports = new();
        Task collecting = Collect(listener, exports);
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(1, extra: new() { ["otlp"] = $"http://127.0.0.1:{port}/v1/metrics", ["otlpProtocol"] = "http/protobuf" });
        Work work = new(cluster);
        Outcome submit = await work.Submit(work.Plan(8, 4), "main/measured", "--watch");
        Assert.True(submit.ExitCode == 0, submit.ToString());
        // What is left to tell is told at the end.
        cluster.Silos[0]!.Terminate();
        Assert.Equal(0, await cluster.Silos[0]!.Ended());
        listener.Stop();
        await collecting;

        Assert.NotEmpty(exports);
        Assert.All(exports, export => Assert.Equal(("/v1/metrics", "application/x-protobuf"), (export.Path, export.Type)));
        byte[] last = exports.Last().Body;
        (string Name, long Value)[] expected = [("shardinit.shards.committed", 8), ("shardinit.bytes.committed", 8 * 4 * 1024), ("shardinit.shards.failed", 0), ("shardinit.leases.lost", 0), ("shardinit.jobs.sealed", 1)];
        Assert.Equal(expected, expected.Select(metric => (metric.Name, Value(last, metric.Name))));
    }

    private static async Task Collect(HttpListener listener, ConcurrentQueue<(string, string?, byte[])> exports)
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await listener.GetContextAsync();
                using MemoryStream body = new();
                await context.Request.InputStream.CopyToAsync(body);
                exports.Enqueue((context.Request.Url!.AbsolutePath, context.Request.ContentType, body.ToArray()));
                context.Response.Close();
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    /// <summary>The first value of a sum: ExportMetricsServiceRequest, resource_metrics 1, scope_metrics 2, metrics 2, of which name 1 and sum 7, data_points 1, as_int 6 (opentelemetry-proto, metrics.proto).</summary>
    private static long Value(byte[] export, string name)
    {
        byte[] metric = Fields(export, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)).Single(each => Encoding.UTF8.GetString(Fields(each, 1).First()) == name);
        return BitConverter.ToInt64(Fields(metric, 7).SelectMany(sum => Fields(sum, 1)).SelectMany(point => Fields(point, 6)).First());
    }

    /// <summary>What a protobuf message has under one number, in order: bytes, as they stand there.</summary>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        List<byte[]> found = [];
        for (int at = 0; at < message.Length;)
        {
            int tag = (int)Varint();
            int start = at;
            int length = (tag & 7) switch { 1 => 8, 5 => 4, 2 => (int)Varint(), 0 => 0, int other => throw new InvalidDataException($"wire type {other}") };
            if ((tag & 7) == 0) Varint();
            if ((tag & 7) == 2) start = at;
            at = (tag & 7) == 0 ? at : start + length;
            if (tag >> 3 == number) found.Add(message[start..at]);

            long Varint()
            {
                long value = 0;
                for (int shift = 0; ; shift += 7)
                {
                    byte part = message[at++];
                    value |= (long)(part & 0x7F) << shift;
                    if (part < 0x80) return value;
                }
            }
        }
        return found;
    }
}
