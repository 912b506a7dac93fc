using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Recipes;

/// <summary>What a recipe decides for one logical tensor.</summary>
/// <param name="Rule">For people: <c>hf@1 rule 5: kind Linear|Embedding</c>.</param>
/// <param name="Source">The initializer that gave the distribution; it may refuse element types.</param>
/// <param name="Seed">The rule's own seed.</param>
internal readonly record struct Decision(Distribution Init, string Rule, int Line, Initializer Source, ulong? Seed);

/// <summary>Applies a recipe to a model: first rule that matches wins, a tensor without a rule is an error, and so is a rule without a tensor unless it is optional.</summary>
internal static class RecipeEngine
{
    /// <summary>One decision per logical tensor, in their order. Problems are gathered: the same one for many tensors is one line.</summary>
    public static Decision[] Apply(Recipe recipe, ModelSpec model, RecipeFacts facts, Problems problems, List<string> warnings)
    {
        Decision[] decisions = new Decision[model.Logical.Length];
        bool[] used = new bool[recipe.Rules.Length];
        Matching matching = new(recipe, model);
        Dictionary<(int Rule, Shape Shape, int? Layer), Distribution> resolved = [];
        string[] texts = [.. recipe.Rules.Select(rule => $"{rule.Name}: {rule.Text}")];
        Dictionary<(int Rule, string Message), (string First, int Count)> refusals = [];
        List<(int Rule, string Message)> order = [];
        Dictionary<DistributionJson.Identity, Distribution> distinct = [];
        for (int i = 0; i < decisions.Length; i++)
        {
            LogicalSpec tensor = model.Logical[i];
            int number = matching.First(tensor);
            string message;
            if (number < 0)
            {
                message = "";
            }
            else
            {
                used[number] = true;
                try
                {
                    // All that a rule knows of a tensor, unless it looks at the tensor beside it.
                    var alike = (number, tensor.Shape, tensor.Layer);
                    if (!resolved.TryGetValue(alike, out Distribution? init))
                    {
                        TensorFacts known = new(tensor, model) { Recipe = facts };
                        init = recipe.Rules[number].Call.Resolve(known);
                        DistributionJson.Identity identity = DistributionJson.Key(init);
                        if (!distinct.TryAdd(identity, init)) init = distinct[identity];
                        if (!known.LookedBeside) resolved.Add(alike, init);
                    }
                    decisions[i] = new Decision(init, texts[number], recipe.Rules[number].Line, recipe.Rules[number].Call.Initializer, recipe.Rules[number].Seed);
                    continue;
                }
                catch (RefusalException refusal)
                {
                    message = refusal.Message;
                }
            }
            if (refusals.TryGetValue((number, message), out (string First, int Count) seen)) refusals[(number, message)] = (seen.First, seen.Count + 1);
            else
            {
                refusals[(number, message)] = (Describe(tensor), 1);
                order.Add((number, message));
            }
        }
        foreach ((int number, string message) in order)
        {
            (string first, int count) = refusals[(number, message)];
            string more = count == 1 ? "" : $" (and {count - 1} more tensor{(count == 2 ? "" : "s")})";
            if (number < 0) problems.Add($"{recipe.Origin}: no rule covers {first}{more}; add a rule, or one with match: \"*\" at the end");
            else problems.Add($"{recipe.Rules[number].Origin}:{recipe.Rules[number].Line}: {recipe.Rules[number].Call.Initializer.Name}: {message}; for {first}{more}");
        }
        ReportUnused(recipe, model, used, problems, warnings);
        return decisions;
    }

    private static void ReportUnused(Recipe recipe, ModelSpec model, bool[] used, Problems problems, List<string> warnings)
    {
        for (int i = 0; i < used.Length; i++)
        {
            Rule rule = recipe.Rules[i];
            if (used[i] || rule.Optional || (!rule.Suits(model.Family) && rule.Note is null)) continue;
            bool isTaken = rule.Suits(model.Family) && model.Logical.Any(tensor => rule.Takes(tensor.Kind) && rule.Matches(tensor, model.LayerCount));
            if (isTaken) warnings.Add($"{rule.Origin}:{rule.Line}: every tensor of this rule ({rule.Text}) is taken by an earlier one");
            else problems.Add($"{rule.Origin}:{rule.Line}: this rule ({rule.Text}) matches no tensor of the model{(rule.IsUser && rule.Note is null ? $"; {Hint(rule, model)}" : "")}");
        }
    }

    // Files may join or share what rules name apart: who reads names out of a file meets those.
    private static string Hint(Rule rule, ModelSpec model)
    {
        bool matches(string name, LogicalSpec tensor) => rule.Matches(tensor with { Name = name }, model.LayerCount);
        foreach (StoredSpec stored in model.Stored)
        {
            if (!stored.Parts.Any(part => matches(stored.Name, model.Logical[part.Logical]))) continue;
            string[] names = [.. stored.Parts.Select(part => model.Logical[part.Logical].Name).Distinct()];
            return $"{Problems.Quote(stored.Name)} is how a file stores {string.Join(", ", names.Take(3).Select(Problems.Quote))}{(names.Length > 3 ? $" and {names.Length - 3} more" : "")}: rules go by these names";
        }
        foreach ((string name, string target) in model.Tied)
        {
            if (model.Logical.Any(tensor => tensor.Name == target && matches(name, tensor))) return $"{Problems.Quote(name)} is tied to {Problems.Quote(target)} and takes its values";
        }
        return "correct it, or say optional: true";
    }

    private static string Describe(LogicalSpec tensor) =>
        $"tensor {Problems.Quote(tensor.Name)} of shape {tensor.Shape}{(tensor.Kind is null ? ", kind unknown" : $", kind {tensor.Kind}")}";
}
