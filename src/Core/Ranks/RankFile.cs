using ShardInit.Storage;

namespace ShardInit.Ranks;

/// <summary>A file that this rank has taken: begun by <see cref="Begin"/>, given back by disposing.</summary>
internal sealed class RankFile : IDisposable
{
    private readonly Claim? _claim;
    private readonly FileStates _states;
    private ShardFileWriter? _writer;

    public RankFile(int number, Claim? claim, long began, FileStates states)
    {
        (Number, _claim, Began, _states) = (number, claim, began, states);
        states.Take(number, true);
    }

    /// <summary>Index into the files of the plan.</summary>
    public int Number { get; }

    /// <summary>Monotonic time stamp.</summary>
    public long Began { get; }

    public ShardFileWriter Writer => _writer ?? throw new InvalidOperationException("not begun");

    public void Begin(CheckpointWriter writer) => _writer = writer.Begin(Number);

    public void Dispose()
    {
        _writer?.Dispose();
        _claim?.Dispose();
        _states.Take(Number, false);
    }
}
