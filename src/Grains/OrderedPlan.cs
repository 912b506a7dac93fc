using System.IO.Compression;
using ShardInit.Cluster;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Planning;

namespace ShardInit.Grains;

/// <summary>The plan inside an order, which comes from outside and is believed in nothing.</summary>
internal static class OrderedPlan
{
    /// <summary>A plan of 70,000 tensors is below 20 MB.</summary>
    private const int MaxLength = 256 << 20;

    /// <exception cref="PlanException">It is damaged, or not the plan and the job that the order says.</exception>
    public static (Plan Plan, byte[] Bytes) Read(JobOrder order, OutputName output)
    {
        if (order.Priority is < -JobOrder.MaxPriority or > JobOrder.MaxPriority) throw new PlanException($"priority: expected -{JobOrder.MaxPriority} to {JobOrder.MaxPriority}, found {order.Priority}");
        byte[] bytes = Unpack(order.Plan);
        Plan plan;
        try
        {
            plan = PlanJson.Read(bytes, "the order's plan");
        }
        catch (ShardFormatException error)
        {
            throw new PlanException(error.Message);
        }
        // The id is the hash of what the plan says; reading has compared it.
        if (plan.PlanId != order.PlanId) throw new PlanException($"plan: expected id {order.PlanId} as the order says, found {plan.PlanId}");
        string job = JobId.Of(output, plan.PlanId);
        if (job != order.Job) throw new PlanException($"job: expected {job} for {Problems.Quote(output.ToString())} and this plan, found {Problems.Quote(order.Job)}");
        if (plan.Logical.Any(tensor => tensor.Init is Plugin)) throw new PlanException("plan: expected initializers that are built in, found one of a plug-in; plug-ins are not sent to a cluster: run 'init' where the plug-in is");
        return (plan, bytes);
    }

    private static byte[] Unpack(byte[] packed)
    {
        try
        {
            using GZipStream stream = new(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
            using MemoryStream plan = new();
            byte[] buffer = new byte[1 << 16];
            for (int count; (count = stream.Read(buffer)) > 0;)
            {
                if (plan.Length + count > MaxLength) throw new PlanException($"plan: expected at most {MaxLength} bytes, found more");
                plan.Write(buffer, 0, count);
            }
            return plan.ToArray();
        }
        catch (InvalidDataException)
        {
            throw new PlanException("plan: expected plan.json compressed by gzip, found something else");
        }
    }
}
