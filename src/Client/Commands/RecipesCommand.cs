using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Recipes;

namespace ShardInit.Client.Commands;

/// <summary><c>recipes</c> lists what is built in; <c>recipes show NAME</c> prints the rules, to copy and change.</summary>
internal static class RecipesCommand
{
    private static readonly Positional s_verb = new("show", "to print one", Optional: true);
    private static readonly Positional s_name = new("NAME", "the name of a built-in recipe", Optional: true);

    public static readonly CommandSpec Spec = new("recipes", "List the built-in recipes, or print the rules of one.", "recipes show hf", [s_verb, s_name], [Flags.Json], Run);

    private static int Run(Invocation given)
    {
        IReadOnlyList<(string Name, string Description, string Yaml)> all = BuiltInRecipes.All;
        string? verb = given.OptionalWord(s_verb);
        if (verb is null)
        {
            if (given.Has(Flags.Json))
            {
                foreach ((string name, string description, _) in all)
                {
                    given.Terminal.PrintJson(json =>
                    {
                        json.WriteString("name", name);
                        json.WriteString("description", description);
                    });
                }
            }
            else foreach (string line in Human.Table([["NAME", "FOR"], .. all.Select(recipe => new[] { recipe.Name, recipe.Description })])) given.Terminal.Print(line);
            return ExitCode.Done;
        }
        if (verb != "show") throw new UsageException($"recipes: expected 'show NAME' or nothing, found '{verb}'");
        string wanted = given.OptionalWord(s_name) ?? throw new UsageException($"recipes show: expected a name, found nothing; known: {Names(all)}");
        // Plain 'hf' is the newest version of hf.
        int index = all.ToList().FindLastIndex(recipe => recipe.Name == wanted || recipe.Name.StartsWith(wanted + "@", StringComparison.Ordinal));
        if (index < 0) throw new UsageException($"recipes show: unknown recipe '{wanted}'; {(Nearest.Of(wanted, all.Select(recipe => recipe.Name.Split('@')[0])) is { } nearest ? $"did you mean {nearest}?" : $"known: {Names(all)}")}");
        if (given.Has(Flags.Json))
        {
            given.Terminal.PrintJson(json =>
            {
                json.WriteString("name", all[index].Name);
                json.WriteString("description", all[index].Description);
                json.WriteString("yaml", all[index].Yaml);
            });
        }
        else given.Terminal.Print(all[index].Yaml.TrimEnd('\n'));
        return ExitCode.Done;
    }

    private static string Names(IReadOnlyList<(string Name, string Description, string Yaml)> all) => string.Join(", ", all.Select(recipe => recipe.Name));
}
