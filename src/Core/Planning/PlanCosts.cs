using System.Globalization;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Recipes;

namespace ShardInit.Planning;

/// <summary>What a plan costs beyond drawing and writing: for people, before they begin.</summary>
internal static class PlanCosts
{
    /// <summary>Operations a second of one thread, for orders of magnitude.</summary>
    private const double ThreadRate = 1e10;

    /// <summary>Seconds of one thread below which a formula is not worth a word.</summary>
    private const double Noticeable = 10;

    public static IEnumerable<string> Notices(IEnumerable<LogicalTensor> tensors)
    {
        (int count, double operations, LogicalTensor? largest, long mostPeak, long mostKept) = (0, 0, null, 0, 0);
        (int formulas, double seconds, LogicalTensor? slowest, double most) = (0, 0, null, 0);
        foreach (LogicalTensor tensor in tensors)
        {
            if (tensor.Shape.ElementCount == 0) continue;
            if (Matrix(tensor) is (long rows, long columns))
            {
                count++;
                operations += Operations(rows, columns);
                long peak = OrthogonalFactor.Bytes(rows, columns).Peak + (rows * columns * 4);
                if (peak > mostPeak) (largest, mostPeak, mostKept) = (tensor, peak, rows * columns * 4);
            }
            else if (Seconds(tensor) is double time and > 0)
            {
                formulas++;
                seconds += time;
                if (time > most) (slowest, most) = (tensor, time);
            }
        }
        if (largest is not null)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{count} orthogonal tensor{(count == 1 ? "" : "s")}: each is computed as a whole, once, by every process that needs any part of it; about {operations:0.0e+0} operations in all, "
                + $"{Time(operations / ThreadRate)} of one thread; the largest, {Errors.Problems.Quote(largest.Name)} of shape {largest.Shape}, takes {Size(mostPeak)} of memory while it is computed. "
                + $"Beside it up to {Size(Math.Max(OrthogonalTensors.Budget, mostKept))} of finished ones are kept");
        }
        if (seconds >= Noticeable)
            yield return $"{formulas} tensor{(formulas == 1 ? "" : "s")} by formulas with slow functions: {Time(seconds)} of one thread in all, most of it for {Errors.Problems.Quote(slowest!.Name)} of shape {slowest.Shape}";
    }

    private static (long Rows, long Columns)? Matrix(LogicalTensor tensor)
    {
        OrthogonalShape? shape = tensor.Init switch
        {
            Orthogonal { ColumnAxis: int axis } => OrthogonalShape.Jax(tensor.Shape.Dims.AsSpan(), axis),
            Orthogonal => OrthogonalShape.Torch(tensor.Shape.Dims.AsSpan()),
            Initializers.DeltaOrthogonal => OrthogonalShape.Torch(tensor.Shape.Dims.AsSpan()[^2..]),
            _ => null,
        };
        return shape is null ? null : (shape.Rows, shape.Columns);
    }

    private static double Operations(long rows, long columns)
    {
        double tall = Math.Max(rows, columns), narrow = Math.Min(rows, columns);
        return 4 * narrow * narrow * (tall - (narrow / 3));
    }

    private static double Seconds(LogicalTensor tensor)
    {
        double microseconds = tensor.Init switch
        {
            // A formula that does not suit its tensor was refused before.
            FormulaDistribution formula => FormulaCompiler.Compile(formula, tensor.Shape).Microseconds,
            LogUniform => FormulaOperations.Microseconds(FormulaOperation.Exp),
            _ => 0,
        };
        return microseconds * 1e-6 * tensor.Shape.ElementCount;
    }

    private static string Time(double seconds) => seconds < 1 ? "less than a second" : seconds < 120 ? $"about {Math.Ceiling(seconds)} s" : seconds < 7200 ? $"about {Math.Ceiling(seconds / 60)} minutes" : $"about {Math.Ceiling(seconds / 3600)} hours";

    private static string Size(long bytes) => bytes < 1 << 20 ? $"{(bytes + 1023) >> 10} KiB" : $"{(bytes + (1 << 20) - 1) >> 20} MiB";
}
