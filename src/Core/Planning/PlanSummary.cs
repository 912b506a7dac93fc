namespace ShardInit.Planning;

/// <summary>The numbers of a plan that people ask for first.</summary>
/// <param name="Parameters">Elements of owners: each logical tensor of a parameter once, ties and copies not again, no buffers.</param>
/// <param name="BufferElements">Elements of stored buffers.</param>
/// <param name="Tensors">Stored tensors, buffers included.</param>
/// <param name="Bytes">Value bytes of all stored tensors.</param>
public sealed record PlanSummary(long Parameters, long BufferElements, int Tensors, long Bytes, int Files, int Tiles)
{
    public static PlanSummary Of(Plan plan)
    {
        bool[] isParameter = new bool[plan.Logical.Length];
        long buffers = 0;
        long bytes = 0;
        foreach (StoredTensor tensor in plan.Tensors)
        {
            bytes += tensor.ByteLength;
            if (tensor.IsBuffer) buffers += tensor.Shape.ElementCount;
            else foreach (Part part in tensor.Parts) isParameter[part.Logical] = true;
        }
        long parameters = 0;
        for (int i = 0; i < isParameter.Length; i++) if (isParameter[i]) parameters += plan.Logical[i].Shape.ElementCount;
        return new PlanSummary(parameters, buffers, plan.Tensors.Length, bytes, plan.Files.Length, plan.Files.Sum(file => file.Tiles.Length));
    }
}
