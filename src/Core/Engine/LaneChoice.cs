namespace ShardInit.Engine;

/// <summary>The <c>--lanes</c> option: which lane width runs the kernels. Never changes a value.</summary>
public enum LaneChoice { Auto = 0, Scalar = 1, Bits128 = 128, Bits256 = 256, Bits512 = 512 }
