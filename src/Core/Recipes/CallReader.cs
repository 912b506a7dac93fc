using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>Reads <c>init</c> and <c>args</c> of a rule, or of a part of one.</summary>
/// <param name="wrong">Takes each mistake with its line.</param>
/// <param name="plugins">Further initializers, by the user.</param>
internal sealed class CallReader(Action<int, string> wrong, PluginSet plugins)
{
    /// <summary>Numbers in a list at most, and parts of a rule.</summary>
    public const int MaxItems = 10_000;

    /// <summary>Arguments of the originals that are something else here.</summary>
    private static readonly Dictionary<string, string> s_elsewhere = new(StringComparer.Ordinal)
    {
        ["seed"] = "the seed is that of the plan (--seed), and each tensor has a random stream of its own",
        ["generator"] = "the seed is that of the plan (--seed), and each tensor has a random stream of its own",
        ["key"] = "the seed is that of the plan (--seed), and each tensor has a random stream of its own",
        ["rng"] = "the seed is that of the plan (--seed), and each tensor has a random stream of its own",
        ["dtype"] = "the element type is that of the tensor (--dtype, the model)",
        ["out_sharding"] = "values do not depend on how tensors are cut",
    };

    private static readonly string[] s_partKeys = ["until", "init", "args"];

    /// <summary>Null where there was a mistake, which was told.</summary>
    public InitCall? Read(YamlNode node)
    {
        YamlNode? named = node.Find("init");
        if (named is null) return Wrong(node.Line, "init is missing");
        if (named.Kind != YamlKind.Scalar || named.IsNull) return Wrong(named.Line, $"init: expected a text, found {named.Describe()}");
        if ((Catalogue.Find(named.Text) ?? plugins.Find(named.Text)) is Initializer initializer) return ReadArguments(node.Find("args"), initializer, node.Line);
        if (named.Text.StartsWith(PluginSet.Prefix, StringComparison.Ordinal) && plugins.Names.Count == 0) return Wrong(named.Line, $"init: {Problems.Quote(named.Text)} is a plug-in: give its assembly with --plugin FILE");
        string? near = Nearest.Of(named.Text, Catalogue.All.Select(known => known.Name).Concat(plugins.Names));
        return Wrong(named.Line, $"init: unknown initializer {Problems.Quote(named.Text)}" + (near is null ? $" (known: {Catalogue.Names})" : $"; did you mean {near}?"));
    }

    private InitCall? ReadArguments(YamlNode? args, Initializer initializer, int line)
    {
        bool good = true;
        var numbers = ImmutableSortedDictionary.CreateBuilder<string, Expression>(StringComparer.Ordinal);
        var words = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var lists = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<Expression>>(StringComparer.Ordinal);
        ImmutableArray<InitPart> parts = [];
        if (args is { Kind: not YamlKind.Map, IsNull: false }) Bad(args.Line, $"args: expected a mapping, found {args.Describe()}");
        foreach ((string key, int keyLine, YamlNode value) in args?.Members ?? [])
        {
            Parameter? parameter = initializer.Parameters.FirstOrDefault(known => known.Name == key) ?? (initializer.TakesNumbers ? Parameter.Number(key, "") : null);
            if (parameter is null)
            {
                Bad(keyLine, $"args: {initializer.Name} has no argument {Problems.Quote(key)}; {Elsewhere(key, initializer)}");
                continue;
            }
            bool read = parameter.Kind switch
            {
                ParameterKind.Number => Number(value, key, parameter) is Expression number && numbers.TryAdd(key, number),
                ParameterKind.List => List(value, key, parameter) is { IsDefault: false } list && lists.TryAdd(key, list),
                ParameterKind.Parts => Parts(value, key, parameter, out parts),
                _ => Word(value, key, parameter) is string word && words.TryAdd(key, word),
            };
            good &= read;
        }
        foreach (Parameter parameter in initializer.Parameters)
        {
            if (parameter.Needed && args?.Members.Any(member => member.Key == parameter.Name) != true) Bad(args?.Line ?? line, $"args: {initializer.Name} needs {parameter.Name} ({parameter.Summary})");
        }
        return !good ? null : new InitCall { Initializer = initializer, Numbers = numbers.ToImmutable(), Words = words.ToImmutable(), Lists = lists.ToImmutable(), Parts = parts };

        void Bad(int at, string message)
        {
            good = false;
            wrong(at, message);
        }
    }

    private static string Elsewhere(string key, Initializer initializer) =>
        s_elsewhere.TryGetValue(key, out string? reason) ? reason : initializer.Parameters.IsEmpty ? "it takes none" : $"it takes {string.Join(", ", initializer.Parameters.Select(each => each.Name))}";

    private Expression? Number(YamlNode value, string key, Parameter parameter)
    {
        // Python's True is the number 1; here it is more likely a slip, and torch refuses it as one.
        if (value.Kind != YamlKind.Scalar || value.IsNull || (value.IsPlain && value.Text is "true" or "false")) return Unexpected(value, key, parameter);
        try
        {
            return ExpressionParser.Parse(value.Text);
        }
        catch (ExpressionException error)
        {
            wrong(value.Line, $"args: {key}: {Problems.Quote(value.Text)}: {error.Message}");
            return null;
        }
    }

    private ImmutableArray<Expression> List(YamlNode value, string key, Parameter parameter)
    {
        if (value.Kind == YamlKind.Scalar && !parameter.NeedsList) return Number(value, key, parameter) is Expression number ? [number] : default;
        if (value.Kind != YamlKind.List || value.Items.Count > MaxItems)
        {
            Unexpected(value, key, parameter);
            return default;
        }
        Expression?[] items = [.. value.Items.Select(item => Number(item, key, parameter))];
        return items.Contains(null) ? default : [.. items.Select(item => item!)];
    }

    private string? Word(YamlNode value, string key, Parameter parameter)
    {
        string? word = value.Kind == YamlKind.Scalar && (!value.IsNull || parameter.Choices.Contains("null")) ? parameter.Choose(value.Text) : null;
        if (word is null) Unexpected(value, key, parameter);
        return word;
    }

    private bool Parts(YamlNode value, string key, Parameter parameter, out ImmutableArray<InitPart> parts)
    {
        parts = [];
        if (value is not { Kind: YamlKind.List, Items.Count: > 0 and <= MaxItems }) { Unexpected(value, key, parameter); return false; }
        InitPart?[] read = new InitPart?[value.Items.Count];
        for (int i = 0; i < read.Length; i++) read[i] = Part(value.Items[i], key, parameter, isLast: i == read.Length - 1);
        if (read.Contains(null)) return false;
        parts = [.. read.Select(part => part!)];
        return true;
    }

    private InitPart? Part(YamlNode item, string key, Parameter parameter, bool isLast)
    {
        if (item.Kind != YamlKind.Map) { Unexpected(item, key, parameter); return null; }
        foreach ((string name, int line, _) in item.Members)
        {
            if (s_partKeys.Contains(name)) continue;
            wrong(line, $"args: {key}: unknown key {Problems.Quote(name)} (known: {string.Join(", ", s_partKeys)})");
            return null;
        }
        YamlNode? until = item.Find("until");
        if (until is null && !isLast) { wrong(item.Line, $"args: {key}: until is missing: the row that the part ends before (the last part may go without)"); return null; }
        Expression? end = until is null ? null : Number(until, "until", Parameter.Number("until", ""));
        InitCall? init = Read(item);
        return init is null || (until is not null && end is null) ? null : new InitPart(end, init);
    }

    private Expression? Unexpected(YamlNode value, string key, Parameter parameter)
    {
        wrong(value.Line, $"args: {key}: expected {parameter.Expected}, found {value.Describe()}");
        return null;
    }

    private InitCall? Wrong(int line, string message)
    {
        wrong(line, message);
        return null;
    }
}
