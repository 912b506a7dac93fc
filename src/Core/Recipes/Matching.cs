using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>
/// Finds the first rule that matches a tensor. Families are sorted out once, kinds once for each kind: a model has few, and what is left of a recipe for one of them is a rule or two.
/// </summary>
internal sealed class Matching(Recipe recipe, ModelSpec model)
{
    private readonly int[] _suitable = [.. Enumerable.Range(0, recipe.Rules.Length).Where(rule => recipe.Rules[rule].Suits(model.Family))];
    private readonly Dictionary<string, int[]> _byKind = new(StringComparer.Ordinal);
    private int[]? _unknownKind;

    /// <summary>Position of the rule, or -1.</summary>
    public int First(LogicalSpec tensor)
    {
        foreach (int rule in RulesFor(tensor.Kind)) if (recipe.Rules[rule].Matches(tensor, model.LayerCount)) return rule;
        return -1;
    }

    private int[] RulesFor(string? kind)
    {
        if (kind is null) return _unknownKind ??= [.. _suitable.Where(rule => recipe.Rules[rule].Takes(null))];
        if (!_byKind.TryGetValue(kind, out int[]? rules)) _byKind.Add(kind, rules = [.. _suitable.Where(rule => recipe.Rules[rule].Takes(kind))]);
        return rules;
    }
}
