using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>
/// What a recipe adds to the names that formulas know: its own numbers, which are formulas too and win over those of the configuration, and <c>base_NAME</c>, which is NAME for the
/// tensor of the same name in the base model.
/// </summary>
/// <param name="baseModel">The model with the fields of <c>base</c>; null where the recipe has none.</param>
internal sealed class RecipeFacts(Recipe recipe, ModelSpec? baseModel)
{
    private const int MaxDepth = 20;
    private const string BasePrefix = "base_";

    private int _depth;

    /// <summary>Numbers that some formula asked for.</summary>
    public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

    /// <exception cref="RefusalException">The number exists, and has no value for this tensor.</exception>
    public bool TryNumber(string name, TensorFacts facts, out double value)
    {
        value = 0;
        if (!recipe.Numbers.TryGetValue(name, out Expression? number)) return false;
        Used.Add(name);
        if (_depth == MaxDepth) throw new RefusalException($"the number {name} asks for itself");
        _depth++;
        try
        {
            value = number.Evaluate(facts);
            return true;
        }
        catch (RefusalException refusal) when (_depth == 1)
        {
            throw new RefusalException($"{refusal.Message}; in the number {name} of the recipe");
        }
        finally
        {
            _depth--;
        }
    }

    /// <summary>Whether the name is one of the base model; refused where there is no base model, or no such tensor in it.</summary>
    public bool TryBaseNumber(string name, LogicalSpec tensor, out double value)
    {
        value = 0;
        if (!name.StartsWith(BasePrefix, StringComparison.Ordinal)) return false;
        if (baseModel is null)
        {
            if (!recipe.HasBase) return false;
            throw new RefusalException($"{name} has no meaning here: no base model is given; say which sizes it has, for instance with --set base.hidden_size=256, or in base: of a recipe of your own");
        }
        LogicalSpec narrow = baseModel.Find(tensor.Name) ?? throw new RefusalException($"{name} has no meaning here: the base model has no tensor {Errors.Problems.Quote(tensor.Name)}");
        return new TensorFacts(narrow, baseModel).TryNumber(name[BasePrefix.Length..], out value);
    }
}
