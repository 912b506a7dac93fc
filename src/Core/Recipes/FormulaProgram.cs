using System.Collections.Immutable;

namespace ShardInit.Recipes;

/// <summary>One step: an operation on the results of earlier steps, a number, or a variable.</summary>
/// <param name="A">Earlier step; steps that have fewer operands name themselves 0 there.</param>
internal readonly record struct FormulaStep(FormulaOperation Operation, int A, int B, int C, double Value, FormulaVariable Variable)
{
    public int Operands => Operation switch
    {
        FormulaOperation.Literal or FormulaOperation.Variable => 0,
        FormulaOperation.If => 3,
        >= FormulaOperation.Max => 2,
        >= FormulaOperation.Abs or FormulaOperation.Negative => 1,
        _ => 2,
    };
}

/// <summary>
/// A compiled formula: a flat list of steps of which the last is the result. A part that stands twice in the formula is one step, a part without variables one number.
/// Cost of an element: 1 to 2 nanoseconds a plain step, some more a random variable, and a slow one what <see cref="FormulaOperations.Microseconds"/> says.
/// </summary>
internal sealed class FormulaProgram
{
    private readonly ImmutableArray<int> _slow;

    public FormulaProgram(ImmutableArray<FormulaStep> steps, int lastAxis)
    {
        Steps = steps;
        (_slow, Columns) = Analyse(steps, lastAxis);
        All = Live(steps, []);
        BesideColumns = Live(steps, Columns);
    }

    public ImmutableArray<FormulaStep> Steps { get; }

    /// <summary>Every step, in order.</summary>
    public ImmutableArray<int> All { get; }

    /// <summary>Slow steps that depend on nothing but the index on the last axis, and from which others go on: the same in every row.</summary>
    public ImmutableArray<int> Columns { get; }

    /// <summary>The steps that are left where the values of <see cref="Columns"/> are given.</summary>
    public ImmutableArray<int> BesideColumns { get; }

    /// <summary>Slow steps of an element, all rows and columns counted alike.</summary>
    public int SlowSteps => _slow.Length;

    /// <summary>Of an element on one thread, the slow steps alone.</summary>
    public double Microseconds => _slow.Sum(step => FormulaOperations.Microseconds(Steps[step].Operation));

    public bool Uses(FormulaVariable variable) => Steps.Any(step => step.Operation == FormulaOperation.Variable && step.Variable == variable);

    /// <summary>The steps that the given ones need, themselves included, in order.</summary>
    public ImmutableArray<int> Needed(ImmutableArray<int> results) => Live(Steps, [], results);

    private static (ImmutableArray<int> Slow, ImmutableArray<int> Columns) Analyse(ImmutableArray<FormulaStep> steps, int lastAxis)
    {
        bool[] isFixed = new bool[steps.Length], isColumn = new bool[steps.Length], isSlow = new bool[steps.Length], isRoot = new bool[steps.Length];
        ImmutableArray<int>.Builder slow = ImmutableArray.CreateBuilder<int>();
        for (int s = 0; s < steps.Length; s++)
        {
            int[] operands = Operands(steps[s]);
            bool isVariable = steps[s].Operation == FormulaOperation.Variable;
            isFixed[s] = !isVariable && operands.All(operand => isFixed[operand]);
            isColumn[s] = !isFixed[s] && (isVariable ? FormulaVariables.Axis(steps[s].Variable) == lastAxis && lastAxis > 0 : operands.All(operand => isColumn[operand] || isFixed[operand]));
            bool own = FormulaOperations.IsSlow(steps[s].Operation);
            if (own) slow.Add(s);
            isSlow[s] = own || operands.Any(operand => isSlow[operand]);
            if (!isColumn[s]) foreach (int operand in operands) isRoot[operand] |= isColumn[operand] && isSlow[operand];
        }
        isRoot[^1] |= isColumn[^1] && isSlow[^1];
        return (slow.ToImmutable(), [.. Enumerable.Range(0, steps.Length).Where(s => isRoot[s])]);
    }

    private static ImmutableArray<int> Live(ImmutableArray<FormulaStep> steps, ImmutableArray<int> given, ImmutableArray<int> results = default)
    {
        bool[] live = new bool[steps.Length];
        if (results.IsDefault) live[^1] = true;
        else foreach (int result in results) live[result] = true;
        for (int s = steps.Length - 1; s >= 0; s--)
        {
            if (!live[s] || given.Contains(s)) continue;
            foreach (int operand in Operands(steps[s])) live[operand] = true;
        }
        return [.. Enumerable.Range(0, steps.Length).Where(s => live[s] && !given.Contains(s))];
    }

    private static int[] Operands(FormulaStep step) => step.Operands switch { 0 => [], 1 => [step.A], 2 => [step.A, step.B], _ => [step.A, step.B, step.C] };
}
