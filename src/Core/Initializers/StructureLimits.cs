using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Recipes;

namespace ShardInit.Initializers;

/// <summary>
/// What <see cref="DistributionLimits"/> are to numbers, for the kinds whose values follow from the place of the element: which dtypes and which shapes take them. The values of
/// a formula are known when they are computed, and refused then.
/// </summary>
internal static class StructureLimits
{
    /// <summary>Elements of an orthogonal matrix at most: it is computed as a whole.</summary>
    public const long MaxOrthogonalElements = 1L << 30;

    /// <summary>Null for what the dtype can hold, otherwise why it is refused.</summary>
    public static string? Refusal(Distribution distribution, DType dtype)
    {
        switch (distribution)
        {
            case Eye eye: return DistributionLimits.Refusal(new Constant(eye.Value), dtype);
            case Rows rows:
                foreach (RowRange range in rows.Ranges) if (RangeRefusal(range.Init, dtype) is string refusal) return $"rows {range.Start}:{range.End}: {range.Init.Kind}: {refusal}";
                return null;
            case FormulaDistribution formula: return NumbersRefusal(formula.Names, formula.Numbers) ?? (distribution is Expression && !dtype.IsFloat() ? $"expression draws no {dtype.Name()}; integer and boolean tensors take tables" : null);
            case Plugin plugin: return NumbersRefusal(plugin.Names, plugin.Numbers) ?? (dtype.IsFloat() ? null : $"plugin gives no {dtype.Name()}; integer and boolean tensors take constants and tables");
            default: return null;
        }
    }

    /// <summary>Null for a shape that has such values, otherwise why it has none.</summary>
    public static string? Refusal(Distribution distribution, Shape shape) => distribution switch
    {
        FormulaDistribution formula => FormulaRefusal(formula, shape),
        Sparse when shape.Rank == 2 && (shape[0] > SparseMask.MostRows || shape[1] > SparseMask.MostColumns) => $"expected at most {SparseMask.MostRows} rows and {SparseMask.MostColumns} columns, found shape {shape}",
        Eye or Sparse when shape.Rank != 2 => $"expected 2 axes, found {shape.Rank} in shape {shape}",
        Dirac dirac => DiracRefusal(dirac, shape),
        Orthogonal orthogonal => OrthogonalRefusal(orthogonal.ColumnAxis, shape, shape.Rank),
        DeltaOrthogonal orthogonal => DeltaRefusal(orthogonal, shape),
        Rows rows => RowsRefusal(rows, shape),
        _ => null,
    };

    private static string? RangeRefusal(Distribution init, DType dtype) =>
        Rows.Takes(init) ? DistributionLimits.Refusal(init, dtype) : "the values of this kind depend on the whole tensor; no range of rows takes it";

    private static string? NumbersRefusal(ImmutableArray<string> names, ImmutableArray<double> numbers)
    {
        if (names.Length != numbers.Length) return $"{names.Length} names for {numbers.Length} numbers";
        for (int i = 0; i < names.Length; i++)
        {
            if (i > 0 && TensorNames.Compare(names[i - 1], names[i]) >= 0) return $"expected names in ascending order, found {Problems.Quote(names[i])} behind {Problems.Quote(names[i - 1])}";
            if (!double.IsFinite(numbers[i])) return $"{names[i]} is not finite";
        }
        return null;
    }

    private static string? FormulaRefusal(FormulaDistribution formula, Shape shape)
    {
        try
        {
            FormulaCompiler.Compile(formula, shape);
            return null;
        }
        catch (ExpressionException error)
        {
            return $"{Problems.Quote(formula.Formula)}: {error.Message}";
        }
    }

    private static string? DiracRefusal(Dirac dirac, Shape shape)
    {
        if (shape.Rank is < 3 or > 5) return $"expected 3 to 5 axes, found {shape.Rank} in shape {shape}";
        return dirac.Groups >= 1 && shape[0] % dirac.Groups == 0 ? null : $"expected groups of 1 or more that divide axis 0 of shape {shape}, found {dirac.Groups}";
    }

    private static string? OrthogonalRefusal(int? columnAxis, Shape shape, int rank)
    {
        if (rank < 2) return $"expected 2 axes or more, found {rank} in shape {shape}";
        if (columnAxis is int axis && (axis < 0 || axis >= rank)) return $"column_axis: expected 0 to {rank - 1}, found {axis}";
        return shape.ElementCount <= MaxOrthogonalElements ? null : $"an orthogonal tensor is computed as a whole: expected at most {MaxOrthogonalElements} elements, found {shape.ElementCount}";
    }

    private static string? DeltaRefusal(DeltaOrthogonal orthogonal, Shape shape)
    {
        if (shape.Rank is < 3 or > 5) return $"expected 3 to 5 axes (spatial ones, in, out), found {shape.Rank} in shape {shape}";
        if (shape[shape.Rank - 1] < shape[shape.Rank - 2]) return $"expected at least as many output channels (last axis) as input channels (the axis before it), found shape {shape}";
        return OrthogonalRefusal(orthogonal.ColumnAxis, new Shape([shape[shape.Rank - 2], shape[shape.Rank - 1]]), 2);
    }

    private static string? RowsRefusal(Rows rows, Shape shape)
    {
        if (shape.Rank == 0) return "a scalar has no rows";
        long next = 0;
        foreach (RowRange range in rows.Ranges)
        {
            if (range.Start != next || range.End <= range.Start) return $"expected ascending ranges that cover 0:{shape[0]}, found {range.Start}:{range.End} where {next} comes next";
            next = range.End;
            if (Refusal(range.Init, shape) is string refusal) return $"rows {range.Start}:{range.End}: {range.Init.Kind}: {refusal}";
        }
        return next == shape[0] ? null : $"expected ranges that cover 0:{shape[0]}, found them to end at {next}";
    }
}
