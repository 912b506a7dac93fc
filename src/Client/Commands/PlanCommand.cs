using System.Text;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Planning;

namespace ShardInit.Client.Commands;

/// <summary><c>plan</c>: what would be written. Writes nothing.</summary>
internal static class PlanCommand
{
    public static readonly CommandSpec Spec = new("plan", "Show what would be written: tensors, parameters, bytes, files, ids. Writes nothing.",
        "plan examples/llama-3.2-1b/config.json --seed 42", [Planned.Model], [Flags.Tensors, .. Planned.Inputs, Flags.Json, Flags.Quiet], Run);

    private static int Run(Invocation given)
    {
        Plan plan = Planned.Create(given, Planned.Plugins(given));
        if (given.Has(Flags.Tensors))
        {
            using BufferedStream output = new(given.Terminal.Output, 1 << 16);
            if (given.Has(Flags.Json)) TensorLines.Write(plan, output);
            else
            {
                using StreamWriter text = new(output, new UTF8Encoding(false)) { NewLine = "\n" };
                TensorLines.WriteTable(plan, text);
            }
        }
        else if (given.Has(Flags.Json)) given.Terminal.PrintJson(json => PlanReport.Members(json, plan));
        else given.Terminal.Print(string.Join('\n', PlanReport.Lines(plan)));
        return ExitCode.Done;
    }
}
