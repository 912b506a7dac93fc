namespace ShardInit.Kernels;

/// <summary>
/// jax.nn.initializers.delta_orthogonal: a convolution kernel [k..., in, out] that is zero except for an orthogonal [in, out] matrix at the spatial index
/// (k - 1) / 2, rounded down, in each spatial dimension. Source: L. Xiao et al., "Dynamical isometry and a mean field theory of CNNs", ICML 2018.
/// </summary>
internal sealed class DeltaOrthogonal
{
    private DeltaOrthogonal(OrthogonalShape matrix, long first)
    {
        Matrix = matrix;
        First = first;
    }

    /// <summary>The matrix, as the tensor [in, out] holds it.</summary>
    public OrthogonalShape Matrix { get; }

    /// <summary>Element of the kernel where the matrix begins: its elements stand together from there on.</summary>
    public long First { get; }

    /// <exception cref="ArgumentException">A shape that is not that of a convolution of 1, 2 or 3 spatial dimensions with out ≥ in.</exception>
    public static DeltaOrthogonal Of(ReadOnlySpan<long> shape, int columnAxis = -1)
    {
        if (shape.Length is < 3 or > 5) throw new ArgumentException($"a delta-orthogonal kernel has 3, 4 or 5 dimensions, found {shape.Length}", nameof(shape));
        long inputs = shape[^2];
        long outputs = shape[^1];
        if (outputs < inputs) throw new ArgumentException($"a delta-orthogonal kernel needs at least as many output channels (last dimension) as input channels, found {outputs} and {inputs}", nameof(shape));
        long spatial = 0;
        foreach (long size in shape[..^2]) spatial = checked((spatial * size) + ((size - 1) / 2));
        return new DeltaOrthogonal(OrthogonalShape.Jax(shape[^2..], columnAxis), checked(spatial * inputs * outputs));
    }

    /// <summary>Row-major index in the matrix of an element of the kernel; -1 where the kernel is zero.</summary>
    public long MatrixElement(long element)
    {
        long inside = element - First;
        return inside < 0 || inside >= Matrix.Rows * Matrix.Columns ? -1 : Matrix.MatrixElement(inside);
    }
}
