using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>From the text of a recipe to its rules; every mistake is reported with its line, all at once.</summary>
internal sealed partial class RecipeReader
{
    public const int MaxRules = 10_000;

    private static readonly string[] s_recipeKeys = ["name", "version", "description", "optional", "families", "extends", "numbers", "base", "groups", "rules"];
    private static readonly string[] s_ruleKeys = ["id", "family", "group", "match", "regex", "kind", "layers", "ndim", "init", "args", "optional", "seed"];

    private readonly string _origin;
    private readonly Problems _problems = new();

    private readonly bool _isUser;
    private readonly PluginSet _plugins;
    private readonly RecipeSettings _settings;
    private bool _rulesAreOptional;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, ImmutableArray<Criterion>> _groups = ImmutableDictionary<string, ImmutableArray<Criterion>>.Empty;

    private RecipeReader(string origin, bool isUser, PluginSet plugins, RecipeSettings settings) => (_origin, _isUser, _plugins, _settings) = (origin, isUser, plugins, settings);

    /// <exception cref="PlanException">All problems of the text.</exception>
    public static Recipe Read(string yaml, string origin, bool isUser, PluginSet? plugins = null, RecipeSettings? settings = null)
    {
        YamlNode root;
        try
        {
            root = YamlTree.Parse(yaml);
        }
        catch (YamlTextException error)
        {
            throw new PlanException($"{origin}:{error.Line}: {error.Message.ReplaceLineEndings(" ")}");
        }
        RecipeReader reader = new(origin, isUser, plugins ?? PluginSet.None, settings ?? RecipeSettings.None);
        Recipe? recipe = reader.Recipe(root, yaml);
        reader._problems.ThrowIfAny();
        return recipe!;
    }

    private Recipe? Recipe(YamlNode root, string yaml)
    {
        if (root.Kind != YamlKind.Map) return Wrong<Recipe>(root.Line, $"expected a mapping with name and rules, found {root.Describe()}");
        RefuseOtherKeys(root, s_recipeKeys);
        _settings.ApplyTo(root, _origin, _problems);
        string name = Text(root, "name") ?? "";
        if (name.Length == 0) Wrong<Recipe>(root.Line, "name: expected a name");
        else if (TensorNames.Refusal(name) is not null || name.Contains('@') || name.Length > 100) Wrong<Recipe>(root.Line, "name: expected a short name without '@' and control characters");
        else if (_isUser && BuiltInRecipes.Has(name)) Wrong<Recipe>(root.Line, $"name: '{name}' is the name of a built-in recipe; choose another");
        string? version = Text(root, "version");
        bool isWhole = version is null || (int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1);
        if (!isWhole) Wrong<Recipe>(root.Line, $"version: expected a whole number of 1 or more, found {Problems.Quote(version!)}");
        Text(root, "description");
        string fullName = version is null ? name : $"{name}@{version}";
        _rulesAreOptional = Optional(root.Find("optional")) ?? false;
        Recipe? parent = Parent(root.Find("extends"));
        if (parent is not null) _groups = parent.Groups;
        Groups(root.Find("groups"));
        YamlNode? rules = root.Find("rules");
        int least = parent is null ? 1 : 0;
        if (rules is null ? least > 0 : rules.Kind != YamlKind.List || rules.Items.Count < least || rules.Items.Count > MaxRules)
        {
            string found = rules is null ? "none" : rules.Kind == YamlKind.List ? $"{rules.Items.Count}" : rules.Describe();
            return Wrong<Recipe>(rules?.Line ?? root.Line, $"rules: expected a list of 1 to {MaxRules} rules, found {found}");
        }
        Rule?[] read = [.. (rules?.Items ?? []).Select((rule, place) => Rule(rule, $"{fullName} rule {place + 1}"))];
        Recipe recipe = new(fullName, _origin, yaml, [.. read.OfType<Rule>(), .. parent?.Rules ?? []])
        {
            Numbers = Numbers(root.Find("numbers"), parent),
            Groups = _groups,
            Families = Globs("families", root.Find("families"), []),
            HasBase = root.Find("base") is not null || parent?.HasBase == true,
            Base = Base(root.Find("base"), parent),
        };
        return _problems.Any ? null : recipe;
    }

    private Rule? Rule(YamlNode node, string name)
    {
        if (node.Kind != YamlKind.Map) return Wrong<Rule>(node.Line, $"expected a rule (match, init, args), found {node.Describe()}");
        RefuseOtherKeys(node, s_ruleKeys);
        List<string> texts = [];
        List<ImmutableArray<Criterion>> criteria = [];
        ImmutableArray<Glob> families = Globs("family", node.Find("family"), texts);
        ImmutableArray<Glob> kinds = [];
        foreach (string key in (string[])["group", "match", "regex", "kind", "layers", "ndim"])
        {
            if (node.Find(key) is not YamlNode value) continue;
            if (key == "kind")
            {
                kinds = Globs(key, value, texts);
                continue;
            }
            criteria.Add(Criteria(key, value, out string text));
            texts.Add(text);
        }
        if (criteria.Count == 0 && node.Find("kind") is null) Wrong<Rule>(node.Line, "expected match, regex, kind, group, layers or ndim: a rule for every tensor says match: \"*\"");
        Id(node);
        bool? optional = Optional(node.Find("optional"));
        string? note = _settings.NoteOf(node);
        if (new CallReader(Wrong, _plugins).Read(node) is not InitCall call) return null;
        return new Rule
        {
            Line = node.Line,
            Origin = _origin,
            IsUser = _isUser,
            Name = name,
            Note = note,
            Text = string.Join(", ", texts) + note,
            Criteria = [.. criteria],
            Families = families,
            Kinds = kinds,
            Call = call,
            Optional = optional ?? (_rulesAreOptional && note is null),
            Seed = Seed(node),
        };
    }

    private ImmutableArray<Glob> Globs(string key, YamlNode? node, List<string> texts)
    {
        if (node is null) return [];
        ImmutableArray<Glob>.Builder globs = ImmutableArray.CreateBuilder<Glob>();
        YamlNode[] items = node.Kind == YamlKind.List ? [.. node.Items] : [node];
        foreach (YamlNode item in items)
        {
            if (item.Kind != YamlKind.Scalar || item.IsNull) Wrong<Rule>(item.Line, $"{key}: expected a pattern, found {item.Describe()}");
            else if (item.Text.Any(char.IsControl)) Wrong<Rule>(item.Line, $"{key}: {Problems.Quote(item.Text)}: names hold no control characters");
            else if (Pattern(key, item) is Glob glob) globs.Add(glob);
        }
        if (items.Length == 0) Wrong<Rule>(node.Line, $"{key}: expected a pattern, found an empty list");
        texts.Add($"{key} {string.Join("|", items.Select(item => item.Text))}");
        return globs.ToImmutable();
    }

    private Glob? Pattern(string key, YamlNode item)
    {
        try
        {
            return Glob.Parse(item.Text);
        }
        catch (FormatException error)
        {
            return Wrong<Glob>(item.Line, $"{key}: {Problems.Quote(item.Text)}: {error.Message}");
        }
    }

    private ImmutableArray<Criterion> Criteria(string key, YamlNode value, out string text)
    {
        YamlNode[] items = value.Kind == YamlKind.List ? [.. value.Items] : [value];
        if (items.Length == 0) Wrong<Rule>(value.Line, $"{key}: expected a pattern, found an empty list");
        ImmutableArray<Criterion>.Builder criteria = ImmutableArray.CreateBuilder<Criterion>();
        foreach (YamlNode item in items)
        {
            if (key == "group") criteria.AddRange(Group(item));
            else if (Criterion(key, item) is Criterion criterion) criteria.Add(criterion);
        }
        text = $"{key} {string.Join("|", items.Select(item => item.Text))}";
        return criteria.ToImmutable();
    }

    private Criterion? Criterion(string key, YamlNode item)
    {
        if (item.Kind != YamlKind.Scalar || item.IsNull) return Wrong<Criterion>(item.Line, $"{key}: expected a pattern, found {item.Describe()}");
        string text = item.Text;
        if (text.Any(char.IsControl)) return Wrong<Criterion>(item.Line, $"{key}: {Problems.Quote(text)}: names hold no control characters");
        if (key == "match")
        {
            foreach (string prefix in (string[])["regex", "kind", "layers"])
            {
                if (!text.StartsWith(prefix + ":", StringComparison.Ordinal)) continue;
                key = prefix;
                text = text[(prefix.Length + 1)..].TrimStart();
                break;
            }
        }
        try
        {
            switch (key)
            {
                case "layers":
                    LayerSet layers = LayerSet.Parse(text);
                    return (tensor, layerCount) => layers.Contains(tensor.Layer, layerCount);
                case "ndim":
                    LayerSet axes = LayerSet.Parse(text);
                    return (tensor, _) => axes.Contains(tensor.Shape.Rank, ModelBuilder.MaxRank + 1);
                case "regex":
                    // Without backtracking: linear in the name, whatever the pattern.
                    Regex regex = WholeName(text);
                    return (tensor, _) => regex.IsMatch(tensor.Name);
                case "kind":
                    Glob kind = Glob.Parse(text);
                    return (tensor, _) => tensor.Kind is not null && kind.IsMatch(tensor.Kind);
                default:
                    Glob name = Glob.Parse(text);
                    return (tensor, _) => name.IsMatch(tensor.Name);
            }
        }
        catch (Exception error) when (error is FormatException or ArgumentException or NotSupportedException)
        {
            return Wrong<Criterion>(item.Line, $"{key}: {Problems.Quote(text)}: {error.Message}");
        }
    }

    /// <exception cref="FormatException">The pattern is malformed, or of a kind that needs backtracking.</exception>
    private static Regex WholeName(string pattern)
    {
        try
        {
            // By itself first: "a)(b" is no pattern, though it would be one inside the parentheses.
            _ = new Regex(pattern, RegexOptions.CultureInvariant);
            return new Regex($"^(?:{pattern})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException error)
        {
            string reason = error.Message[(error.Message.IndexOf($" {error.Offset}. ", StringComparison.Ordinal) is int at and >= 0 ? at + $" {error.Offset}. ".Length : 0)..];
            throw new FormatException($"expected a regular expression, found a mistake behind character {error.Offset}: {reason.TrimEnd('.')}");
        }
        catch (NotSupportedException)
        {
            throw new FormatException("expected a regular expression without look-ahead, look-behind, back-references and atomic groups, which could take time without bound; write it without them");
        }
    }

    private bool? Optional(YamlNode? node)
    {
        if (node is null) return null;
        if (node.Kind == YamlKind.Scalar && node.Text is "true" or "false") return node.Text == "true";
        Wrong<Rule>(node.Line, $"optional: expected true or false, found {node.Describe()}");
        return false;
    }

    private ulong? Seed(YamlNode node)
    {
        if (Text(node, "seed") is not string text) return null;
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)) return seed;
        Wrong<Rule>(node.Find("seed")!.Line, $"seed: expected a whole number from 0 to {ulong.MaxValue}, found {Problems.Quote(text)}");
        return null;
    }

    private string? Text(YamlNode map, string key)
    {
        YamlNode? node = map.Find(key);
        if (node is null) return null;
        if (node.Kind == YamlKind.Scalar && !node.IsNull) return node.Text;
        return Wrong<string>(node.Line, $"{key}: expected a text, found {node.Describe()}");
    }

    private void RefuseOtherKeys(YamlNode map, string[] known)
    {
        foreach ((string key, int line, _) in map.Members)
        {
            if (known.Contains(key)) continue;
            string? near = Nearest.Of(key, known);
            Wrong<Rule>(line, $"unknown key {Problems.Quote(key)}" + (near is null ? $" (known: {string.Join(", ", known)})" : $"; did you mean {near}?"));
        }
    }

    private T? Wrong<T>(int line, string message) where T : class
    {
        Wrong(line, message);
        return null;
    }

    private void Wrong(int line, string message) => _problems.Add($"{_origin}:{line}: {message}");
}
