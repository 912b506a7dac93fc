namespace ShardInit.Random;

/// <summary>Top byte of the third counter word: keeps apart the words that one tensor needs for different ends. Append only; a number is never given twice.</summary>
internal enum Purpose
{
    /// <summary>The values of uniform, normal and truncated normal tensors.</summary>
    Values = 0,
}
