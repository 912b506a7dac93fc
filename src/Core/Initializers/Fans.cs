using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>
/// How many elements of the tensor meet in one output (In) and how many outputs one input feeds (Out), from the global logical shape. An axis that is neither
/// in, out nor batch belongs to the receptive field and counts on both sides.
/// </summary>
internal readonly record struct Fans(double In, double Out)
{
    /// <summary>PyTorch: [out, in, k...], whatever the module; a transposed convolution stores [in, out/groups, k...] and is read the same way.</summary>
    public static Fans Torch(Shape shape) => Of(shape, [1], [0], []);

    /// <summary>Sizes by axes, as JAX counts them: in × rf and out × rf with rf = all / (in × out × batch), also where axes stand on two sides.</summary>
    public static Fans Of(Shape shape, ReadOnlySpan<int> inAxes, ReadOnlySpan<int> outAxes, ReadOnlySpan<int> batchAxes)
    {
        if (shape.Rank < 2 && (inAxes.Length != 1 || outAxes.Length != 1 || inAxes[0] != outAxes[0]))
        {
            throw new RefusalException($"fan_in and fan_out need 2 axes or more; shape {shape} has {shape.Rank}");
        }
        double input = Product(shape, inAxes), output = Product(shape, outAxes);
        // With a zero size the quotient of JAX is 0/0; the product over the other axes is the same number otherwise.
        double field = Disjoint(inAxes, outAxes, batchAxes) ? Rest(shape, inAxes, outAxes, batchAxes) : shape.ElementCount / (input * output * Product(shape, batchAxes));
        return new Fans(input * field, output * field);
    }

    /// <summary>Keras: [k..., in, out]; a vector has its length on both sides, a scalar 1; given axes count alone, without receptive field.</summary>
    public static Fans Keras(Shape shape, ReadOnlySpan<int> inputAxes, ReadOnlySpan<int> outputAxes)
    {
        if (!inputAxes.IsEmpty && !outputAxes.IsEmpty) return new Fans(Product(shape, inputAxes), Product(shape, outputAxes));
        if (shape.Rank < 2) return new Fans(shape.ElementCount, shape.ElementCount);
        return Of(shape, [shape.Rank - 2], [shape.Rank - 1], []);
    }

    /// <summary>The number that a variance is divided by.</summary>
    public double Denominator(string mode) => mode switch
    {
        "fan_in" => In,
        "fan_out" => Out,
        "fan_avg" => (In + Out) / 2,
        _ => Math.Sqrt(In * Out),
    };

    private static double Product(Shape shape, ReadOnlySpan<int> axes)
    {
        double product = 1;
        foreach (int axis in axes) product *= shape[axis];
        return product;
    }

    private static double Rest(Shape shape, ReadOnlySpan<int> first, ReadOnlySpan<int> second, ReadOnlySpan<int> third)
    {
        double product = 1;
        for (int axis = 0; axis < shape.Rank; axis++) if (!first.Contains(axis) && !second.Contains(axis) && !third.Contains(axis)) product *= shape[axis];
        return product;
    }

    private static bool Disjoint(ReadOnlySpan<int> first, ReadOnlySpan<int> second, ReadOnlySpan<int> third)
    {
        HashSet<int> seen = [];
        foreach (int axis in (ReadOnlySpan<int>)[.. first, .. second, .. third]) if (!seen.Add(axis)) return false;
        return true;
    }
}
