namespace ShardInit.Initializers;

/// <summary>
/// A resolved initializer: the kind and every number, no expression left. All numbers are binary64 constants of a rule; the kernels
/// round each once to float32 (docs/determinism.md).
/// </summary>
public abstract record Distribution
{
    /// <summary>The name in <c>plan --tensors --json</c>, in plan.json and in recipes.</summary>
    public abstract string Kind { get; }
}

/// <summary>Every element is <paramref name="Value"/>.</summary>
public sealed record Constant(double Value) : Distribution
{
    public override string Kind => "constant";
}

/// <summary>Uniform on [Low, High).</summary>
public sealed record Uniform(double Low, double High) : Distribution
{
    public override string Kind => "uniform";
}

/// <summary>N(Mean, Std²). Std ≥ 0.</summary>
public sealed record Normal(double Mean, double Std) : Distribution
{
    public override string Kind => "normal";
}

/// <summary>N(Mean, Std²) conditioned on [Low, High], absolute bounds; Std is that of the normal before truncation. An end may be infinite.</summary>
public sealed record TruncatedNormal(double Mean, double Std, double Low, double High) : Distribution
{
    public override string Kind => "truncated_normal";
}

/// <summary>e to the power of a uniform between ln Low and ln High: a value on [Low, High] whose logarithm is uniform. 0 &lt; Low &lt; High.</summary>
public sealed record LogUniform(double Low, double High) : Distribution
{
    public override string Kind => "log_uniform";
}

/// <summary>
/// Gain times a Haar-distributed matrix with orthonormal rows or columns, whichever are fewer. The matrix of a tensor with two or more axes has, where
/// <paramref name="ColumnAxis"/> is null, axis 0 as rows and all others as columns (torch); otherwise that axis as columns and all others, in their order, as rows (JAX, Keras).
/// </summary>
public sealed record Orthogonal(double Gain, int? ColumnAxis = null) : Distribution
{
    public override string Kind => "orthogonal";
}

/// <summary>A convolution kernel [k..., in, out] of 1 to 3 spatial axes that is zero but for an orthogonal [in, out] matrix in its middle; its column axis counts in [in, out].</summary>
public sealed record DeltaOrthogonal(double Gain, int? ColumnAxis = 1) : Distribution
{
    public override string Kind => "delta_orthogonal";
}

/// <summary>N(Mean, Std²) with exactly ⌈Sparsity × rows⌉ elements of each column of a matrix put to zero.</summary>
public sealed record Sparse(double Sparsity, double Mean, double Std) : Distribution
{
    public override string Kind => "sparse";
}

/// <summary><paramref name="Value"/> on the main diagonal of a matrix, 0 elsewhere.</summary>
public sealed record Eye(double Value = 1) : Distribution
{
    public override string Kind => "eye";
}

/// <summary>1 where a convolution kernel [out, in, k...] of 1 to 3 spatial axes passes channel d of a group on to channel d of the output group, 0 elsewhere.</summary>
public sealed record Dirac(long Groups = 1) : Distribution
{
    public override string Kind => "dirac";
}
