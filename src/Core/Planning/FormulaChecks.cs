using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>Tries formulas before anything is written: a value that the element type cannot hold is found now where it stands at an end of the tensor.</summary>
internal static class FormulaChecks
{
    /// <summary>Elements that are tried at either end of a tensor.</summary>
    private const int Tried = 256;

    /// <summary>Different formulas, numbers, shapes and element types that are tried at most.</summary>
    private const int Most = 1000;

    public static void Check(Plan plan, Problems problems)
    {
        HashSet<(DistributionJson.Identity Init, Shape Shape, DType DType)> seen = [];
        Backend backend = LaneDispatch.Of(LaneChoice.Auto);
        foreach (StoredTensor stored in plan.Tensors)
        {
            foreach (Part part in stored.Parts)
            {
                LogicalTensor tensor = plan.Logical[part.Logical];
                if (tensor.Init is not FormulaDistribution formula || seen.Count == Most || !seen.Add((DistributionJson.Key(formula), tensor.Shape, stored.DType))) continue;
                if (Problem(ElementSources.OfFormula(tensor, formula, plan.KeyOf(tensor), backend), stored.DType, tensor.Shape.ElementCount) is string problem) problems.Add(problem);
            }
        }
    }

    private static string? Problem(ElementSource source, DType dtype, long elements)
    {
        int count = (int)Math.Min(elements, Tried);
        byte[] bytes = new byte[count * dtype.ByteSize()];
        try
        {
            source.Fill(dtype, 0, count, bytes);
            source.Fill(dtype, elements - count, count, bytes);
            return null;
        }
        catch (PlanException problem)
        {
            return problem.Message;
        }
    }
}
