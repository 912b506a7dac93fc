using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Model;

namespace ShardInit.Client.Commands;

/// <summary><c>models</c> lists the models that can be named without a file; <c>models show NAME</c> prints the configuration of one, to copy and change.</summary>
internal static class ModelsCommand
{
    private static readonly Positional s_verb = new("show", "to print one", Optional: true);
    private static readonly Positional s_name = new("NAME", "the name of a built-in model", Optional: true);

    public static readonly CommandSpec Spec = new("models", "List the built-in models, or print the configuration of one.", "models show gpt2", [s_verb, s_name], [Flags.Json], Run);

    private static int Run(Invocation given)
    {
        string? verb = given.OptionalWord(s_verb);
        if (verb is not null) return Show(given, verb);
        if (given.Has(Flags.Json))
        {
            foreach (BuiltInModel model in BuiltInModels.All) given.Terminal.PrintJson(json => WriteMembers(json, model));
            return ExitCode.Done;
        }
        foreach (string line in Human.Table([["NAME", "PARAMETERS", "SOURCE"], .. BuiltInModels.All.Select(model => new[] { model.Name, Human.Count(model.Parameters), model.Source })]))
        {
            given.Terminal.Print(line);
        }
        return ExitCode.Done;
    }

    private static int Show(Invocation given, string verb)
    {
        if (verb != "show") throw new UsageException($"models: expected 'show NAME' or nothing, found '{verb}'");
        IEnumerable<string> names = BuiltInModels.All.Select(model => model.Name);
        string name = given.OptionalWord(s_name) ?? throw new UsageException($"models show: expected a name, found nothing; known: {string.Join(", ", names)}");
        BuiltInModel wanted = BuiltInModels.Find(name)
            ?? throw new UsageException($"models show: unknown model '{name}'; {(Nearest.Of(name, names) is { } nearest ? $"did you mean {nearest}?" : "'shardinit models' lists them")}");
        if (!given.Has(Flags.Json))
        {
            given.Terminal.Print(wanted.ConfigJson.TrimEnd('\n'));
            return ExitCode.Done;
        }
        given.Terminal.PrintJson(json =>
        {
            WriteMembers(json, wanted);
            // A text, because a configuration may hold Infinity, which JSON has not.
            json.WriteString("config", wanted.ConfigJson);
        });
        return ExitCode.Done;
    }

    private static void WriteMembers(Utf8JsonWriter json, BuiltInModel model)
    {
        json.WriteString("name", model.Name);
        json.WriteNumber("parameters", model.Parameters);
        json.WriteString("source", model.Source);
    }
}
