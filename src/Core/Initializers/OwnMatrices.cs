using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>Initializers whose elements make sense only together: orthogonal matrices, sparse ones, identities.</summary>
internal static class OwnMatrices
{
    public static ImmutableArray<Initializer> All { get; } =
    [
        new("orthogonal", "gain times a matrix with orthonormal rows or columns, whichever are fewer",
            [Parameter.Number("gain", "factor", defaultValue: 1), Parameter.Number("column_axis", "the axis of the columns, all others are rows; without it axis 0 is the rows and all others are columns")],
            (arguments, facts) => Orthogonal(facts, arguments.Number("gain"), arguments.Has("column_axis") ? arguments.Axis("column_axis", facts.Shape.Rank) : null)),
        new("delta_orthogonal", "a convolution [k..., in, out] that is an orthogonal matrix at its middle and 0 elsewhere",
            [Parameter.Number("gain", "factor", defaultValue: 1), Parameter.Number("column_axis", "the axis of the columns in [in, out]", defaultValue: -1)],
            (arguments, facts) => DeltaOrthogonal(facts, arguments.Number("gain"), arguments.Axis("column_axis", 2))),
        new("sparse", "normal with the same number of zeros in every column of a matrix",
            [Parameter.Number("sparsity", "share of a column that is 0, rounded up to whole elements", needed: true), Parameter.Number("mean", "mean", defaultValue: 0), Parameter.Number("std", "standard deviation", defaultValue: 0.01)],
            (arguments, facts) => Sparse(facts, arguments.Number("sparsity"), arguments.Number("mean"), arguments.Number("std"))),
        Identity("eye"), Identity("identity"),
        new("dirac", "a convolution [out, in, k...] that passes its channels on", [Parameter.Number("groups", "groups of channels", defaultValue: 1)],
            (arguments, facts) => Dirac(facts, arguments.Whole("groups"))),
    ];

    private static Initializer Identity(string name) => new(name, "value on the main diagonal of a matrix, 0 elsewhere", [Parameter.Number("value", "the diagonal", defaultValue: 1)],
        (arguments, facts) => Eye(facts, arguments.Number("value")));

    public static Distribution Orthogonal(TensorFacts facts, double gain, int? columnAxis)
    {
        if (facts.Shape.Rank < 2) throw new RefusalException($"an orthogonal matrix needs 2 axes or more; shape {facts.Shape} has {facts.Shape.Rank}");
        return facts.Shape.ElementCount == 0 ? new Constant(0) : new Orthogonal(gain, columnAxis);
    }

    public static Distribution DeltaOrthogonal(TensorFacts facts, double gain, int columnAxis)
    {
        Shape shape = facts.Shape;
        if (shape.Rank is < 3 or > 5) throw new RefusalException($"expected a convolution kernel of 3, 4 or 5 axes; shape {shape} has {shape.Rank}");
        (long inputs, long outputs) = (shape[shape.Rank - 2], shape[shape.Rank - 1]);
        if (outputs < inputs) throw new RefusalException($"expected at least as many outputs (last axis) as inputs (the one before); shape {shape} has {outputs} and {inputs}");
        return shape.ElementCount == 0 ? new Constant(0) : new DeltaOrthogonal(gain, columnAxis);
    }

    public static Distribution Sparse(TensorFacts facts, double sparsity, double mean, double std)
    {
        Matrix(facts, "a sparse matrix");
        if (!(sparsity is >= 0 and <= 1)) throw new RefusalException(FormattableString.Invariant($"expected sparsity, a share, from 0 to 1; found {sparsity:R}"));
        if (std < 0) throw new RefusalException(FormattableString.Invariant($"expected std of 0 or more, found {std:R}"));
        return new Sparse(sparsity, mean, std);
    }

    public static Distribution Eye(TensorFacts facts, double value)
    {
        Matrix(facts, "an identity");
        return new Eye(value);
    }

    public static Distribution Dirac(TensorFacts facts, long groups)
    {
        Shape shape = facts.Shape;
        if (shape.Rank is < 3 or > 5) throw new RefusalException($"expected a convolution kernel of 3, 4 or 5 axes; shape {shape} has {shape.Rank}");
        if (groups < 1) throw new RefusalException($"expected 1 group or more, found {groups}");
        if (shape[0] % groups != 0) throw new RefusalException($"axis 0 of shape {shape} cannot be divided into {groups} groups");
        return new Dirac(groups);
    }

    private static void Matrix(TensorFacts facts, string what)
    {
        if (facts.Shape.Rank != 2) throw new RefusalException($"{what} has 2 axes; shape {facts.Shape} has {facts.Shape.Rank}");
    }
}
