using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>
/// What <c>--set NAME=VALUE</c> changes in a recipe: a number of its <c>numbers</c>, a field of its <c>base</c> (<c>base.hidden_size</c>), an argument or the seed of a
/// rule (<c>ID.std</c>, <c>ID.seed</c>, with the rule's id or its position from 1), or a number of the model's configuration as formulas see it. A recipe is changed
/// before it is read, so that a bad value is refused as if it stood in the text; what nothing takes is refused with the nearest name.
/// </summary>
/// <param name="given">In the order of the command line.</param>
internal sealed class RecipeSettings(IReadOnlyList<KeyValuePair<string, string>> given)
{
    public static RecipeSettings None { get; } = new([]);

    private readonly bool[] _taken = new bool[given.Count];
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<YamlNode, string> _notes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, string> _numbers = new(StringComparer.Ordinal);

    /// <summary>Lines that tell what was changed, for the recipe's text in plan.json.</summary>
    public string Comment => string.Concat(given.Select(setting => $"# --set {setting.Key}={setting.Value}\n"));

    /// <summary>What was changed in a rule, for people; null where nothing was.</summary>
    public string? NoteOf(YamlNode rule) => _notes.GetValueOrDefault(rule);

    /// <summary>Names of numbers that were set: a formula must use each.</summary>
    public IReadOnlyCollection<string> Numbers => _numbers.Keys;

    /// <summary>Changes the nodes of one recipe. Recipes that it extends come later: the first that knows a name takes it.</summary>
    public void ApplyTo(YamlNode root, string origin, Problems problems)
    {
        YamlNode? numbers = root.Find("numbers"), narrow = root.Find("base");
        foreach ((string key, _, _) in numbers?.Members ?? []) _known.Add(key);
        for (int i = 0; i < given.Count; i++)
        {
            (string name, string value) = given[i];
            if (_taken[i]) continue;
            bool isBase = narrow is { Kind: not YamlKind.List } && name.StartsWith("base.", StringComparison.Ordinal);
            YamlNode? map = isBase ? narrow : numbers?.Find(name) is not null ? numbers : null;
            string key = isBase ? name["base.".Length..] : name;
            if (map is null && FindRule(root, name, out key) is YamlNode rule)
            {
                map = key == "seed" ? rule : ArgumentsOf(rule);
                string? refusal = key == "seed" ? null : RefusalOf(rule, key);
                if (refusal is not null)
                {
                    problems.Add($"--set {name}: {refusal} ({origin}:{rule.Line})");
                    _taken[i] = true;
                    continue;
                }
                _notes[rule] = $"{(_notes.TryGetValue(rule, out string? before) ? before + ", " : "; --set ")}{key}={value}";
            }
            else if (map is not null && !isBase) _numbers[name] = value;
            if (map is null) continue;
            _taken[i] = true;
            if (Parse(name, value, map.Line, problems) is YamlNode parsed) Replace(map, key, parsed);
        }
    }

    /// <summary>What no recipe took may be a number of the configuration; anything else is a mistake.</summary>
    public Recipe Finish(Recipe recipe, ModelSpec? model, Problems problems)
    {
        if (given.Count == 0) return recipe;
        for (int i = 0; i < given.Count; i++)
        {
            (string name, string value) = given[i];
            if (_taken[i] || model is null) continue;
            if (!model.Numbers.ContainsKey(name))
            {
                string? near = Nearest.Of(name, _known.Concat(model.Numbers.Keys.Order(StringComparer.Ordinal)));
                string hint = near is not null ? $"; did you mean {near}?" : _known.Count == 0 ? "" : $" (known: {string.Join(", ", _known)})";
                problems.Add($"--set {name}: {recipe.Name} has no number and no argument of a rule of that name, nor has the model{hint}");
                continue;
            }
            try
            {
                recipe = recipe with { Numbers = recipe.Numbers.SetItem(name, ExpressionParser.Parse(value)) };
                _numbers[name] = value;
            }
            catch (ExpressionException error)
            {
                problems.Add($"--set {name}: {Problems.Quote(value)}: {error.Message}");
            }
        }
        return recipe with { Yaml = $"{recipe.Yaml.TrimEnd('\n')}\n{Comment}" };
    }

    // By id, or by position from 1. Rules without an argument that could be set are not known by name.
    private YamlNode? FindRule(YamlNode root, string name, out string argument)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        argument = dot < 0 ? "" : name[(dot + 1)..];
        YamlNode? found = null;
        List<YamlNode> rules = root.Find("rules")?.Items ?? [];
        for (int i = 0; i < rules.Count; i++)
        {
            string? id = rules[i].Find("id")?.Text;
            if (id is not null) foreach ((string key, _, _) in rules[i].Find("args")?.Members ?? []) _known.Add($"{id}.{key}");
            if (dot > 0 && (id ?? (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)) == name[..dot]) found = rules[i];
        }
        return found;
    }

    private static YamlNode ArgumentsOf(YamlNode rule)
    {
        if (rule.Find("args") is not { Kind: YamlKind.Map } args) Replace(rule, "args", args = new YamlNode(YamlKind.Map, rule.Line));
        return args;
    }

    private static string? RefusalOf(YamlNode rule, string argument)
    {
        Initializer? initializer = rule.Find("init") is YamlNode init ? Catalogue.Find(init.Text) : null;
        if (initializer is null || initializer.TakesNumbers || initializer.Parameters.Any(parameter => parameter.Name == argument)) return null;
        string[] known = [.. initializer.Parameters.Select(parameter => parameter.Name)];
        string hint = Nearest.Of(argument, known) is string near ? $"did you mean {near}?" : known.Length == 0 ? "it takes none" : $"it takes {string.Join(", ", known)}";
        return $"{initializer.Name} has no argument {Problems.Quote(argument)}; {hint}";
    }

    private static YamlNode? Parse(string name, string value, int line, Problems problems)
    {
        try
        {
            return YamlTree.Parse(value) with { Line = line };
        }
        catch (YamlTextException error)
        {
            problems.Add($"--set {name}: {Problems.Quote(value)}: {error.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    private static void Replace(YamlNode map, string key, YamlNode value)
    {
        int place = map.Members.FindIndex(member => member.Key == key);
        if (place >= 0) map.Members[place] = (key, value.Line, value);
        else map.Members.Add((key, value.Line, value));
    }
}
