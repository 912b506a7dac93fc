using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>
/// The recipes that have a name. Each version is one file <c>BuiltIn/NAME.VERSION.yaml</c> that never changes once it is released; a plain name
/// means the newest version.
/// </summary>
public static class BuiltInRecipes
{
    private sealed record Entry(string Name, int Version, string Description, string Yaml);

    private static readonly Lazy<ImmutableArray<Entry>> s_entries = new(Load);

    /// <summary>Every version: name as <c>hf@1</c>, what it does in one line, the YAML text.</summary>
    public static IReadOnlyList<(string Name, string Description, string Yaml)> All =>
        [.. s_entries.Value.Select(entry => ($"{entry.Name}@{entry.Version}", entry.Description, entry.Yaml))];

    internal static bool Has(string name) => Resources.Names("Recipes.").Any(resource => resource.StartsWith($"Recipes.{name}.", StringComparison.Ordinal));

    /// <summary>A recipe by <c>NAME</c>, <c>NAME@VERSION</c> or path of a file; an existing file wins.</summary>
    /// <exception cref="PlanException">No such recipe, or a bad one: all problems.</exception>
    internal static Recipe Open(string recipe, PluginSet? plugins = null, RecipeSettings? settings = null)
    {
        if (recipe.Length > 0 && !recipe.Contains('\0') && File.Exists(recipe)) return RecipeReader.Read(ReadFile(recipe), recipe, isUser: true, plugins, settings);
        if (Find(recipe, settings) is Recipe found) return found;
        string near = DidYouMean(recipe);
        throw new PlanException($"--recipe: no recipe or file {Problems.Quote(recipe)}" + (near.Length == 0 ? $" (built in: {Names()})" : near));
    }

    /// <summary>A built-in recipe by <c>NAME</c> or <c>NAME@VERSION</c>; null where there is none.</summary>
    internal static Recipe? Find(string name, RecipeSettings? settings = null)
    {
        Entry? found = null;
        string[] parts = name.Split('@');
        foreach (Entry entry in s_entries.Value)
        {
            if (entry.Name != parts[0] || parts.Length > 2) continue;
            if (parts.Length == 1 || parts[1] == entry.Version.ToString(CultureInfo.InvariantCulture)) found = entry;
        }
        return found is null ? null : RecipeReader.Read(found.Yaml, $"{found.Name}@{found.Version}", isUser: false, settings: settings);
    }

    internal static string DidYouMean(string name) =>
        Nearest.Of(name, s_entries.Value.SelectMany(entry => new[] { entry.Name, $"{entry.Name}@{entry.Version}" })) is string near ? $"; did you mean '{near}'?" : "";

    /// <summary><c>gpt2@1, hf@1</c>, for messages.</summary>
    internal static string Names() => string.Join(", ", s_entries.Value.Select(entry => $"{entry.Name}@{entry.Version}"));

    private static string ReadFile(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length > YamlTree.MaxCharacters) throw new PlanException($"{path}: expected a recipe of at most {YamlTree.MaxCharacters} bytes, found {bytes.Length}");
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) throw new PlanException($"{path}: not valid UTF-8");
        return System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
    }

    private static ImmutableArray<Entry> Load()
    {
        List<Entry> entries = [];
        foreach (string resource in Resources.Names("Recipes."))
        {
            string[] parts = resource.Split('.');
            string yaml = Resources.ReadText(resource);
            string description = YamlTree.Parse(yaml).Members.First(member => member.Key == "description").Value.Text;
            entries.Add(new Entry(parts[1], int.Parse(parts[2], CultureInfo.InvariantCulture), description, yaml));
        }
        return [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).ThenBy(entry => entry.Version)];
    }
}
