using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Ranks;

/// <summary>
/// What a rank knows of each file. A file counts as committed when this process or another has published it: from then on its final name is there with its full length.
/// Names that were there with something else in them when the rank began, or after an error, are read before they are believed.
/// </summary>
internal sealed class FileStates
{
    private readonly CheckpointWriter _writer;
    private readonly Plan _plan;
    private readonly long[] _lengths;
    private readonly bool[] _committed, _taken, _doubted, _seen;

    public FileStates(CheckpointWriter writer)
    {
        (_writer, _plan) = (writer, writer.Plan);
        int count = _plan.Files.Length;
        (_committed, _taken, _doubted, _seen, _lengths) = (new bool[count], new bool[count], new bool[count], new bool[count], new long[count]);
        HashSet<int> missing = [.. writer.MissingFiles];
        for (int file = 0; file < count; file++)
        {
            _lengths[file] = ShardLayout.Of(_plan, file).FileLength;
            if (missing.Contains(file)) _doubted[file] = writer.LengthOf(file) is not null;
            else Commit(file);
        }
    }

    public int CommittedCount { get; private set; }

    /// <summary>Value bytes.</summary>
    public long CommittedBytes { get; private set; }

    public bool IsCommitted(int file) => _committed[file];

    /// <summary>This process is writing it, or need not.</summary>
    public bool IsTaken(int file) => _taken[file] || _committed[file];

    public void Take(int file, bool taken) => _taken[file] = taken;

    /// <summary>The final name is there now, with the full length.</summary>
    public bool IsVisible(int file) => _writer.LengthOf(file) == _lengths[file];

    /// <summary>The final name has been there with the full length since the file was last doubted. Looks once: a rank that waits for another to seal asks for every file each second.</summary>
    public bool WasVisible(int file) => _seen[file] || (_seen[file] = IsVisible(file));

    /// <summary>Looks again whether somebody has committed it.</summary>
    public bool Look(int file)
    {
        if (_committed[file] || !IsVisible(file)) return _committed[file];
        if (_doubted[file] && !CommittedFile.Inspect(_writer.Operations, _writer.DirectoryPath, ShardLayout.Of(_plan, file)).IsIntact) return false;
        Commit(file);
        return true;
    }

    /// <summary>A listing has its name. Names that were there before this rank are looked at, not believed.</summary>
    public void Appear(int file)
    {
        if (_committed[file]) return;
        if (_doubted[file]) Look(file);
        else Commit(file);
    }

    public void Commit(int file)
    {
        if (_committed[file]) return;
        (_committed[file], _doubted[file]) = (true, false);
        CommittedCount++;
        CommittedBytes += LocalEngine.ValueBytes(_plan, file);
    }

    /// <summary>Forgets that it is committed, and reads it before believing so again.</summary>
    public void Doubt(int file)
    {
        _doubted[file] = true;
        _seen[file] = false;
        if (!_committed[file]) return;
        _committed[file] = false;
        CommittedCount--;
        CommittedBytes -= LocalEngine.ValueBytes(_plan, file);
    }
}
