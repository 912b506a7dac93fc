using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>A run of elements whose mask is wanted.</summary>
internal readonly record struct SparseMaskRun(StreamKey Key, long Rows, long Columns, long Zeros, long First);
