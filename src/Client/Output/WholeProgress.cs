using System.Diagnostics;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Ranks;

namespace ShardInit.Client.Output;

/// <summary>What all ranks together have done since this one began, by a look at the directory now and then.</summary>
internal sealed class WholeProgress
{
    /// <summary>A look lists the directory; more often would load the servers of a shared file system for nothing.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private readonly RankRun _run;
    private readonly long _bytes;
    private readonly int _files;
    private readonly (int Files, long Bytes) _before;
    private readonly Stopwatch _sinceLook = Stopwatch.StartNew();

    public WholeProgress(RankRun run, Plan plan)
    {
        (_run, _files, _before) = (run, plan.Files.Length, run.Committed);
        _bytes = plan.Tensors.Sum(tensor => tensor.ByteLength);
        Update();
    }

    public EngineProgress Progress { get; } = new();

    /// <summary>Called before each drawing.</summary>
    public void Look()
    {
        if (_sinceLook.Elapsed >= s_interval)
        {
            try
            {
                _run.Survey();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A picture for people is no reason to stop.
            }
            _sinceLook.Restart();
        }
        Update();
    }

    private void Update()
    {
        (int files, long bytes) = _run.Committed;
        long inHand = Math.Max(0, _run.Progress.BytesDone - _run.Counts.Bytes);
        long total = _bytes - _before.Bytes;
        Progress.Set(Math.Min(bytes - _before.Bytes + inHand, total), total, files - _before.Files, _files - _before.Files);
    }
}
