using System.Reflection;
using ShardInit.Engine;
using ShardInit.Planning;

namespace ShardInit.Cluster;

/// <summary>What a worker says of itself before it gets a lease.</summary>
/// <param name="Worker">Identity of this start of the process: a worker that was fenced and restarts has another.</param>
/// <param name="Host">The machine, or what stands for it: two processes that share a processor share it.</param>
/// <param name="Product">Release, for instance 0.1.0.</param>
/// <param name="Spec">Newest version of the bits.</param>
/// <param name="Format">Newest version of the files.</param>
/// <param name="SelfTest">Digest of its answers to the known-answer questions.</param>
/// <param name="SelfTestProblem">The first wrong answer; null when all are right.</param>
/// <param name="Backends">Lane width that runs, then others that could.</param>
public sealed record WorkerHello(string Worker, string Host, string Product, int Spec, int Format, string SelfTest, string? SelfTestProblem, IReadOnlyList<string> Backends)
{
    public static string ThisProduct { get; } =
        (typeof(WorkerHello).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+')[0];

    /// <summary>This process, after answering the questions with the lanes that it will use.</summary>
    public static WorkerHello Of(string worker, string host, LaneChoice lanes)
    {
        SelfTestResult result = Cluster.SelfTest.Run(lanes);
        return new WorkerHello(worker, host, ThisProduct, Versions.Spec, Versions.Format, result.Digest, result.Problem, result.Backends);
    }
}
