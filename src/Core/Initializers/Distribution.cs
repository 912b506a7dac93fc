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
