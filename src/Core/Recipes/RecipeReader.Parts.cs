using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Errors;
using ShardInit.Initializers;

namespace ShardInit.Recipes;

/// <summary>What a recipe has beside its rules: the recipe that it extends, numbers, groups of patterns, fields of a base model.</summary>
internal sealed partial class RecipeReader
{
    private Recipe? Parent(YamlNode? node)
    {
        if (node is null) return null;
        if (node.Kind != YamlKind.Scalar || node.IsNull) return Wrong<Recipe>(node.Line, $"extends: expected the name of a built-in recipe, found {node.Describe()}");
        try
        {
            return BuiltInRecipes.Find(node.Text, _settings) ?? Wrong<Recipe>(node.Line, $"extends: no built-in recipe {Problems.Quote(node.Text)}{BuiltInRecipes.DidYouMean(node.Text)}");
        }
        catch (PlanException error)
        {
            _problems.Add(error);
            return null;
        }
    }

    private ImmutableDictionary<string, Expression> Numbers(YamlNode? node, Recipe? parent)
    {
        ImmutableDictionary<string, Expression> numbers = parent?.Numbers ?? ImmutableDictionary<string, Expression>.Empty;
        if (node is { Kind: not YamlKind.Map, IsNull: false }) Wrong(node.Line, $"numbers: expected a mapping from names to numbers or formulas, found {node.Describe()}");
        foreach ((string name, int line, YamlNode value) in node?.Members ?? [])
        {
            if (TensorFacts.Names.Contains(name)) Wrong(line, $"numbers: {Problems.Quote(name)} cannot be the name of a number: it is a number of every tensor");
            else if (FormulaVariables.TryParse(name, out _) || name is "pi" or "or") Wrong(line, $"numbers: {Problems.Quote(name)} cannot be the name of a number: it has a meaning of its own in formulas");
            else if (!IsName(name)) Wrong(line, $"numbers: {Problems.Quote(name)} cannot be the name of a number: expected letters, digits, '_' and '.'");
            else if (value.Kind != YamlKind.Scalar || value.IsNull) Wrong(value.Line, $"numbers: {name}: expected a number or a formula, found {value.Describe()}");
            else if (Formula($"numbers: {name}", value) is Expression formula) numbers = numbers.SetItem(name, formula);
        }
        return numbers;
    }

    private Expression? Formula(string where, YamlNode value)
    {
        try
        {
            return ExpressionParser.Parse(value.Text);
        }
        catch (ExpressionException error)
        {
            return Wrong<Expression>(value.Line, $"{where}: {Problems.Quote(value.Text)}: {error.Message}");
        }
    }

    // Own groups win over those of the recipe that is extended.
    private void Groups(YamlNode? node)
    {
        if (node is { Kind: not YamlKind.Map, IsNull: false }) Wrong(node.Line, $"groups: expected a mapping from names to patterns, found {node.Describe()}");
        foreach ((string name, int line, YamlNode value) in node?.Members ?? [])
        {
            if (!IsName(name)) Wrong(line, $"groups: {Problems.Quote(name)} cannot be the name of a group: expected letters, digits, '_', '-' and '.'");
            else _groups = _groups.SetItem(name, Criteria("match", value, out _));
        }
    }

    private ImmutableArray<Criterion> Group(YamlNode item)
    {
        if (item.Kind == YamlKind.Scalar && _groups.TryGetValue(item.Text, out ImmutableArray<Criterion> group)) return group;
        string[] known = [.. _groups.Keys.Order(StringComparer.Ordinal)];
        string? near = item.Kind == YamlKind.Scalar ? Model.Nearest.Of(item.Text, known) : null;
        string hint = near is not null ? $"; did you mean {near}?" : known.Length == 0 ? ": the recipe has none, nor one that it extends" : $" (known: {string.Join(", ", known)})";
        Wrong(item.Line, $"group: no group {item.Describe()}{hint}");
        return [];
    }

    private ImmutableSortedDictionary<string, string> Base(YamlNode? node, Recipe? parent)
    {
        ImmutableSortedDictionary<string, string> fields = parent?.Base ?? ImmutableSortedDictionary<string, string>.Empty;
        if (node is { Kind: not YamlKind.Map, IsNull: false }) Wrong(node.Line, $"base: expected a mapping from fields of the configuration to numbers, found {node.Describe()}");
        foreach ((string name, _, YamlNode value) in node?.Members ?? [])
        {
            if (value.Kind == YamlKind.Scalar && long.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long size) && size > 0) fields = fields.SetItem(name, value.Text);
            else Wrong(value.Line, $"base: {name}: expected a whole number of 1 or more, found {value.Describe()}");
        }
        return fields;
    }

    private void Id(YamlNode rule)
    {
        if (Text(rule, "id") is not string id) return;
        int line = rule.Find("id")!.Line;
        if (!IsName(id) || id.Contains('.') || char.IsAsciiDigit(id[0])) Wrong(line, $"id: expected letters, digits, '_' and '-', beginning with a letter, found {Problems.Quote(id)}");
        else if (!_ids.Add(id)) Wrong(line, $"id: {Problems.Quote(id)} stands twice");
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
