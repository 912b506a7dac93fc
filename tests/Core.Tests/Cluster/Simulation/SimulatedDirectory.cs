namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>The output of one job as storage keeps its promises: a name is given once, whole, and only a replacement gives it anew.</summary>
internal sealed class SimulatedDirectory(int files)
{
    private readonly string?[] _content = new string?[files];

    /// <summary>Results that were thrown away because the same file was there already.</summary>
    public int Wasted { get; private set; }

    public int Replaced { get; private set; }

    public bool IsSealed { get; private set; }

    public int Committed => _content.Count(content => content is not null);

    public string? this[int file] => _content[file];

    public IEnumerable<int> Missing => Enumerable.Range(0, files).Where(file => _content[file] is null);

    /// <summary>What stands under the name afterwards.</summary>
    public string Publish(int file, string digests, bool replace)
    {
        if (_content[file] is { } there)
        {
            if (!replace)
            {
                Wasted++;
                return there;
            }
            Replaced++;
        }
        return _content[file] = digests;
    }

    /// <summary>Somebody deleted it.</summary>
    public void Lose(int file) => _content[file] = null;

    public void Seal()
    {
        if (Missing.Any()) throw new InvalidOperationException("sealed with files missing");
        IsSealed = true;
    }
}
