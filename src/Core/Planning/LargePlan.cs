namespace ShardInit.Planning;

/// <summary>
/// Memory of plans with very many tensors. Reading or making one leaves as much behind that nobody needs any more (the text, the tree of the input) as the plan itself takes, and
/// the collector would rather take new memory than look for it: at 70,000 tensors that decides the peak of a whole run. Small plans do not notice.
/// </summary>
public static class LargePlan
{
    /// <summary>Below it, what is left over is less than a buffer of one thread.</summary>
    private const int LeastTensors = 10_000;

    /// <summary>Between two steps: what the one before has left goes back. Costs some 50 ms at 70,000 tensors, nothing for small plans.</summary>
    public static void LetGo(int tensorCount)
    {
        if (tensorCount >= LeastTensors) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
