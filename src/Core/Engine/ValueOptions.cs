using ShardInit.Initializers;

namespace ShardInit.Engine;

/// <summary>How values are computed. Nothing of it changes one, but without a plug-in that a plan names there are none.</summary>
public sealed record ValueOptions
{
    public LaneChoice Lanes { get; init; } = LaneChoice.Auto;

    /// <summary>Threads for what is computed as a whole: orthogonal matrices.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Stops such a computation.</summary>
    public CancellationToken Cancel { get; init; }

    public PluginSet Plugins { get; init; } = PluginSet.None;
}
