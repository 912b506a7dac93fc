using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Cluster;

/// <summary>Which workers may write for this scheduler: those that would write the same bytes.</summary>
public static class Compatibility
{
    /// <summary>Null when the worker may have leases; otherwise one line that says why not and what to do.</summary>
    /// <param name="sameProduct">Also refuse other releases of equal versions.</param>
    public static string? Check(WorkerHello worker, bool sameProduct = true)
    {
        string who = $"worker {Problems.Quote(worker.Worker)} on {Problems.Quote(worker.Host)}";
        if (worker.SelfTestProblem is { } problem) return $"{who}: wrong answers to known questions: {Problems.Quote(problem)}; check the machine (processor, memory) and its libraries";
        if (worker.Spec != Versions.Spec) return Expected("spec (version of the bits)", Versions.Spec, worker.Spec);
        if (worker.Format != Versions.Format) return Expected("format (version of the files)", Versions.Format, worker.Format);
        if (sameProduct && worker.Product != WorkerHello.ThisProduct) return Expected("release", WorkerHello.ThisProduct, Problems.Quote(worker.Product));
        if (worker.SelfTest != SelfTest.ExpectedDigest) return Expected("known answers", SelfTest.ExpectedDigest, Problems.Quote(worker.SelfTest));
        return null;

        string Expected(string what, object expected, object found) => $"{who}: expected {what} {expected}, found {found}; run one release on all silos";
    }
}
