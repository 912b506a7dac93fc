namespace ShardInit.Grains;

/// <summary>Marks interfaces that clients may call: the caller's session names its tenant. All other interfaces of this program are for silos among themselves.</summary>
public interface IClientCall;
