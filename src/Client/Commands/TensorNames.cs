using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Planning;

namespace ShardInit.Client.Commands;

/// <summary>From a name that somebody typed to a stored tensor.</summary>
internal static class TensorNames
{
    /// <summary>Index into <see cref="Plan.Tensors"/>; a tied name stands for the tensor whose values it has.</summary>
    public static int Find(Plan plan, string name, Terminal terminal)
    {
        if (plan.Tied.TryGetValue(name, out string? owner))
        {
            terminal.Say($"'{name}' is tied and not stored: it has the values of '{owner}'");
            name = owner;
        }
        for (int index = 0; index < plan.Tensors.Length; index++)
        {
            if (plan.Tensors[index].Name == name) return index;
        }
        string? nearest = Nearest.Of(name, plan.Tensors.Select(tensor => tensor.Name).Concat(plan.Tied.Keys));
        throw new UsageException($"--tensor: unknown tensor '{name}'; {(nearest is null ? "'shardinit inspect DIR' lists the stored ones" : $"did you mean {nearest}?")}");
    }
}
