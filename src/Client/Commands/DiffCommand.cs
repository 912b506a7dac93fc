using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>diff</c>: why two checkpoints differ, from their plans: inputs first, then tensors.</summary>
internal static class DiffCommand
{
    /// <summary>Tensors that people see; --json has all.</summary>
    private const int MaxTensors = 20;

    private static readonly Positional s_first = new("A", "a directory that init has written, or a plan.json");
    private static readonly Positional s_second = new("B", "another one");

    public static readonly CommandSpec Spec = new("diff", "Show what tells two plans or directories apart: the first differing input, then the tensors. Reads no values.",
        "diff /data/init /data/other", [s_first, s_second], [Flags.Json], Run);

    private static int Run(Invocation given)
    {
        Plan first = Open(given.Word(s_first));
        Plan second = Open(given.Word(s_second));
        IReadOnlyList<PlanDifference> all = PlanDifferences.All(first, second);
        PlanDifference[] inputs = [.. all.Where(difference => !difference.IsTensor), .. all.Count == 0 ? [] : PlanDifferences.OfConfigurations(first, second)];
        PlanDifference[] tensors = [.. all.Where(difference => difference.IsTensor)];
        bool sameValues = first.ValuesId == second.ValuesId;
        if (given.Has(Flags.Json))
        {
            foreach (PlanDifference difference in inputs.Concat(tensors)) given.Terminal.PrintJson(json =>
            {
                json.WriteString(difference.IsTensor ? "tensor" : "input", difference.Name);
                if (difference.What.Length > 0) json.WriteString("what", difference.What.TrimEnd());
                if (difference.IsTensor && (difference.First is null || difference.Second is null)) json.WriteString("only", difference.First is null ? "b" : "a");
                else
                {
                    json.WriteString("a", difference.First);
                    json.WriteString("b", difference.Second);
                }
            });
            given.Terminal.PrintJson(json =>
            {
                json.WriteBoolean("same_plan", all.Count == 0);
                json.WriteBoolean("same_values", sameValues);
                json.WriteNumber("inputs", inputs.Length);
                json.WriteNumber("tensors", tensors.Length);
            });
            return ExitCode.Done;
        }
        foreach (PlanDifference difference in inputs) given.Terminal.Print(difference.Line("in A", "in B"));
        foreach (PlanDifference difference in tensors.Take(MaxTensors)) given.Terminal.Print(difference.Line("in A", "in B"));
        if (tensors.Length > MaxTensors) given.Terminal.Print($"and {Human.Plural(tensors.Length - MaxTensors, "more tensor")}; --json has all");
        given.Terminal.Print(all.Count == 0 ? "the same plan: intact files are equal byte for byte"
            : sameValues ? "the same values_id: every logical tensor has the same values; what differs is how they are stored"
            : "the values differ");
        return ExitCode.Done;
    }

    private static Plan Open(string path)
    {
        if (File.Exists(path))
        {
            byte[] text = File.ReadAllBytes(path);
            if (!text.AsSpan().StartsWith("{"u8) || text.AsSpan().IndexOf("\"plan_id\""u8) < 0) throw new UsageException($"{path}: expected {s_first.Help}, found a file that is no plan; 'shardinit plan' shows what a model gives");
            return PlanJson.Read(text, path);
        }
        using Checkpoint checkpoint = CheckpointWord.Open(path);
        return checkpoint.Plan;
    }
}
