using ShardInit.Errors;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>One leased shard.</summary>
internal sealed class ShardItem(RangeKey range, Lease lease) : WorkItem
{
    private WorkerJob? _job;
    private ShardFileWriter? _file;
    private string[] _tiles = [];
    private FileDigests? _result, _published;
    private bool _written;

    public override string Job => range.Job;

    public RangeKey Range => range;

    public Lease Lease => lease;

    public override long Bytes => lease.Bytes;

    protected override bool HasResult => _result is not null;

    public LeaseProgress Progress => new(lease.File, lease.Attempt, lease.Kind, TurnsDone);

    /// <summary>Bytes that were really generated.</summary>
    public long BytesDone => _written || lease.Kind == LeaseKind.Decide ? lease.Bytes : 0;

    /// <summary>Before it is queued.</summary>
    public void Give(WorkerJob job) => _job = job;

    public Completion Completion => Error is { } error
        ? new Completion(lease.File, lease.Attempt, lease.Kind, null, null, false, OneLine(error))
        : new Completion(lease.File, lease.Attempt, lease.Kind, _result!.ToText(), _published?.ToText(), _written, null);

    protected override int Open()
    {
        WorkerJob job = _job ?? throw new InvalidOperationException($"file {lease.File}: queued without its job");
        ShardLayout layout = ShardLayout.Of(job.Writer.Plan, lease.File);
        if (lease.Kind == LeaseKind.Decide)
        {
            _tiles = new string[layout.TileCount];
            return layout.TileCount;
        }
        if (lease.Kind == LeaseKind.Write && job.Writer.LengthOf(lease.File) is not null)
        {
            CommittedFile found = CommittedFile.Inspect(job.Writer.Operations, job.Writer.DirectoryPath, layout);
            if (found.IsIntact)
            {
                _result = FileDigests.Of(job.Writer.Plan, found);
                return 0;
            }
        }
        _file = job.Writer.Begin(lease.File, replace: lease.Kind == LeaseKind.Replace);
        return layout.TileCount;
    }

    protected override void Work(int turn, TileBuffer buffer)
    {
        if (_file is not null)
        {
            if (turn < _file.Layout.TileCount) _file.WriteTile(turn, _job!.Values, buffer);
        }
        else if (turn < _tiles.Length)
        {
            _tiles[turn] = ShardDigests.OfTile(ShardLayout.Of(_job!.Writer.Plan, lease.File), _job.Writer.Plan.Files[lease.File].Tiles[turn], turn, _job.ScalarValues, buffer);
        }
    }

    protected override void Close()
    {
        if (lease.Kind == LeaseKind.Decide) _result = ShardDigests.OfFile(ShardLayout.Of(_job!.Writer.Plan, lease.File), _tiles);
        if (_file is null) return;
        _written = true;
        try
        {
            _file.Commit();
        }
        catch (ShardFormatException error) when (error.Code == ShardFormatCode.DigestMismatch)
        {
            // Another worker has published other values: both results are reported, and a third decides.
            CommittedFile found = CommittedFile.Inspect(_job!.Writer.Operations, _job.Writer.DirectoryPath, _file.Layout);
            if (!found.IsIntact) throw;
            _published = FileDigests.Of(_job.Writer.Plan, found);
        }
        _result = _file.Committed;
    }

    public override void Dispose() => _file?.Dispose();

    private static string OneLine(Exception error) => error.Message.ReplaceLineEndings(" ");
}
