using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Model;

namespace ShardInit.Client.Commands;

/// <summary><c>models</c>: the models that can be named without a file.</summary>
internal static class ModelsCommand
{
    public static readonly CommandSpec Spec = new("models", "List the built-in models.", "models", [], [Flags.Json], Run);

    private static int Run(Invocation given)
    {
        if (given.Has(Flags.Json))
        {
            foreach (BuiltInModel model in BuiltInModels.All)
            {
                given.Terminal.PrintJson(json =>
                {
                    json.WriteString("name", model.Name);
                    json.WriteNumber("parameters", model.Parameters);
                    json.WriteString("source", model.Source);
                });
            }
            return ExitCode.Done;
        }
        foreach (string line in Human.Table([["NAME", "PARAMETERS", "SOURCE"], .. BuiltInModels.All.Select(model => new[] { model.Name, Human.Count(model.Parameters), model.Source })]))
        {
            given.Terminal.Print(line);
        }
        return ExitCode.Done;
    }
}
