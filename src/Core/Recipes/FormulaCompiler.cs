using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>From the formula of a distribution and the shape of its tensor to a program.</summary>
internal sealed class FormulaCompiler
{
    private readonly List<FormulaStep> _steps = [];
    private readonly Dictionary<(FormulaOperation, int, int, int, long, FormulaVariable), int> _known = [];
    private readonly Dictionary<string, double> _numbers = new(StringComparer.Ordinal);
    private readonly bool _isRandom;
    private readonly Shape _shape;

    private FormulaCompiler(FormulaDistribution distribution, Shape shape)
    {
        _shape = shape;
        _isRandom = distribution is Initializers.Expression;
        for (int i = 0; i < distribution.Names.Length; i++)
        {
            string name = distribution.Names[i];
            if (FormulaVariables.TryParse(name, out _) || name is "pi" or "or" || FormulaOperations.Functions.ContainsKey(name) || FormulaVariables.TryShape(name, shape, out _))
                throw new ExpressionException($"the number {Problems.Quote(name)} has the name of something else that formulas know");
            _numbers[name] = distribution.Numbers[i];
        }
    }

    /// <exception cref="ExpressionException">The text is no formula, or says what no element of this tensor has.</exception>
    public static FormulaProgram Compile(FormulaDistribution distribution, Shape shape)
    {
        FormulaCompiler compiler = new(distribution, shape);
        int result = compiler.Compile(ExpressionParser.Parse(distribution.Formula));
        // The result is the last step: a formula that is a number or a variable alone, or whose last part stood earlier, is not.
        if (result != compiler._steps.Count - 1) compiler._steps.RemoveRange(result + 1, compiler._steps.Count - result - 1);
        FormulaProgram program = new([.. compiler._steps], shape.Rank - 1);
        RefusePair(program, FormulaVariable.U, FormulaVariable.Z);
        RefusePair(program, FormulaVariable.U2, FormulaVariable.Z2);
        return program;
    }

    /// <summary>Names that stand for neither a variable nor a number of the shape: what a rule has to give.</summary>
    /// <exception cref="ExpressionException">The text is no formula.</exception>
    public static IReadOnlyCollection<string> FreeNames(string formula)
    {
        SortedSet<string> names = new(StringComparer.Ordinal);
        Collect(ExpressionParser.Parse(formula), names);
        return names;
    }

    // u and z of one element come from the same random words.
    private static void RefusePair(FormulaProgram program, FormulaVariable uniform, FormulaVariable normal)
    {
        if (!program.Uses(uniform) || !program.Uses(normal)) return;
        (string u, string z) = (FormulaVariables.Name(uniform), FormulaVariables.Name(normal));
        throw new ExpressionException($"{u} and {z} of an element come from the same random words and are not independent: take u or z, and u2 or z2 beside it");
    }

    private static void Collect(Expression expression, SortedSet<string> names)
    {
        switch (expression)
        {
            case Expression.Name name:
                if (!FormulaVariables.TryParse(name.Text, out _) && name.Text is not ("numel" or "ndim") && !IsDimension(name.Text)) names.Add(name.Text);
                break;
            case Expression.Or or:
                Collect(or.Left, names);
                Collect(or.Right, names);
                break;
            case Expression.Negative negative: Collect(negative.Operand, names); break;
            case Expression.Binary binary:
                Collect(binary.Left, names);
                Collect(binary.Right, names);
                break;
            case Expression.Call call:
                foreach (Expression operand in call.Operands) Collect(operand, names);
                break;
        }
    }

    private static bool IsDimension(string name) => name.StartsWith("dim", StringComparison.Ordinal) && name.Length > 3 && name.AsSpan(3).IndexOfAnyExceptInRange('0', '9') < 0;

    private int Compile(Expression expression) => expression switch
    {
        Expression.Literal literal => Number(literal.Value),
        Expression.Name name => TryName(name.Text) ?? throw Unknown(name.Text),
        Expression.Or { Left: Expression.Name name } or => TryName(name.Text) is int left ? Step(FormulaOperation.Or, left, Compile(or.Right)) : Compile(or.Right),
        Expression.Or or => Step(FormulaOperation.Or, Compile(or.Left), Compile(or.Right)),
        Expression.Negative negative => Step(FormulaOperation.Negative, Compile(negative.Operand)),
        Expression.Binary binary => Step(FormulaOperations.OfOperator(binary.Operator), Compile(binary.Left), Compile(binary.Right)),
        Expression.Call call => Call(call),
        Expression.Gain { Slope: Expression.Literal slope } gain => Number(Gains.Of(gain.Nonlinearity, slope.Value)),
        _ => throw new ExpressionException("gain takes no formula as slope here"),
    };

    private int Call(Expression.Call call)
    {
        int[] operands = [.. call.Operands.Select(Compile)];
        return Step(FormulaOperations.Functions[call.Function].Operation, operands[0], operands.ElementAtOrDefault(1), operands.ElementAtOrDefault(2));
    }

    private int? TryName(string name)
    {
        if (FormulaVariables.TryParse(name, out FormulaVariable variable))
        {
            if (FormulaVariables.Axis(variable) >= _shape.Rank) throw new ExpressionException($"{name} has no meaning here: shape {_shape} has {_shape.Rank} axes");
            if (FormulaVariables.IsRandom(variable) && !_isRandom) throw new ExpressionException($"{name} is random: say init: expression");
            return Add(new FormulaStep(FormulaOperation.Variable, 0, 0, 0, 0, variable));
        }
        if (_numbers.TryGetValue(name, out double value) || FormulaVariables.TryShape(name, _shape, out value)) return Number(value);
        return null;
    }

    private ExpressionException Unknown(string name)
    {
        string? near = Nearest.Of(name, _numbers.Keys.Concat(FormulaVariables.Names));
        return new ExpressionException($"unknown name {Problems.Quote(name)}" + (near is null ? $"; known for elements: {string.Join(", ", FormulaVariables.Names.Concat(_numbers.Keys))}" : $"; did you mean {near}?"));
    }

    private int Number(double value) => Add(new FormulaStep(FormulaOperation.Literal, 0, 0, 0, value, default));

    // The program gives what the steps would give, computed once.
    private int Step(FormulaOperation operation, int a, int b = 0, int c = 0)
    {
        FormulaStep step = new(operation, a, b, c, 0, default);
        if (step.Operands < 3) step = step with { C = 0 };
        if (step.Operands < 2) step = step with { B = 0 };
        bool isFixed = IsNumber(step.A) && (step.Operands < 2 || IsNumber(step.B)) && (step.Operands < 3 || IsNumber(step.C));
        return isFixed ? Number(FormulaOperations.Apply(operation, _steps[step.A].Value, _steps[step.B].Value, _steps[step.C].Value)) : Add(step);
    }

    private bool IsNumber(int step) => _steps[step].Operation == FormulaOperation.Literal;

    private int Add(FormulaStep step)
    {
        var key = (step.Operation, step.A, step.B, step.C, BitConverter.DoubleToInt64Bits(step.Value), step.Variable);
        if (_known.TryGetValue(key, out int known)) return known;
        _steps.Add(step);
        _known.Add(key, _steps.Count - 1);
        return _steps.Count - 1;
    }
}
