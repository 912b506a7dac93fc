namespace ShardInit.Grains.Client;

/// <summary>The cluster could not be reached, did not answer in time, or no longer knows what it knew. Nothing is wrong with what was asked.</summary>
public sealed class ClusterException(string message, Exception? inner = null) : IOException(message, inner);
