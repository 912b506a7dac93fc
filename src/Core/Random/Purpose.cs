namespace ShardInit.Random;

/// <summary>Top byte of the third counter word: keeps apart the words that one tensor needs for different ends. Append only; a number is never given twice.</summary>
internal enum Purpose
{
    /// <summary>The values of uniform, normal and truncated normal tensors.</summary>
    Values = 0,
    /// <summary>The normal draws from which an orthogonal matrix is made.</summary>
    Orthogonal = 1,
    /// <summary>Which elements of a sparse tensor are zero.</summary>
    SparseMask = 2,
    /// <summary>The second pair of random variables of formulas.</summary>
    Formula = 3,
    /// <summary>The draws of plug-ins; the attempt is the number of the stream.</summary>
    Plugin = 4,
}
