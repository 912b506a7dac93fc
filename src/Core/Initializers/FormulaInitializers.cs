using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Recipes;

namespace ShardInit.Initializers;

/// <summary>Formulas of the user, evaluated at each element. Further arguments are numbers for it, and so is what rules know of the tensor and the configuration.</summary>
internal static class FormulaInitializers
{
    private static readonly Parameter s_formula = Parameter.Text("formula", "over i, j, k, l, m (indices), index, dim0 ..., numbers by name");

    public static ImmutableArray<Initializer> All { get; } =
    [
        new("expression", "a formula of the element's place and of random variables: u or z, and u2 or z2", [s_formula], (arguments, facts) =>
        {
            (string formula, IEnumerable<KeyValuePair<string, double>> numbers) = Read(arguments, facts);
            return Checked(Expression.Of(formula, numbers), facts);
        }) { TakesNumbers = true },
        new("table", "a formula of the element's place without random variables", [s_formula], (arguments, facts) =>
        {
            (string formula, IEnumerable<KeyValuePair<string, double>> numbers) = Read(arguments, facts);
            return Checked(Table.Of(formula, numbers), facts);
        }) { TakesNumbers = true },
    ];

    private static (string Formula, IEnumerable<KeyValuePair<string, double>> Numbers) Read(Arguments arguments, TensorFacts facts)
    {
        string formula = arguments.Choice("formula");
        Dictionary<string, double> given = arguments.Given.ToDictionary(StringComparer.Ordinal);
        Dictionary<string, double> numbers = new(StringComparer.Ordinal);
        try
        {
            foreach (string name in FormulaCompiler.FreeNames(formula))
            {
                // What is neither given nor known is left to the compiler: it may stand before `or`.
                if (given.Remove(name, out double value) || facts.TryNumber(name, out value)) numbers.Add(name, value);
            }
        }
        catch (ExpressionException error)
        {
            throw new RefusalException($"formula {Problems.Quote(formula)}: {error.Message}");
        }
        return given.Count == 0 ? (formula, numbers) : throw new RefusalException($"the argument {given.Keys.First()} does not stand in the formula {Problems.Quote(formula)}");
    }

    private static FormulaDistribution Checked(FormulaDistribution distribution, TensorFacts facts) =>
        StructureLimits.Refusal(distribution, facts.Shape) is string refusal ? throw new RefusalException($"formula {refusal}") : distribution;
}
