using ShardInit.Arithmetic;

namespace ShardInit.Recipes;

/// <summary>What a step of a formula does to its operands. Each is one IEEE operation or one function of <see cref="PinnedMath"/>.</summary>
internal enum FormulaOperation
{
    Literal, Variable,
    Negative, Add, Subtract, Multiply, Divide, Power,
    Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual,
    Or, If,
    Abs, Ceil, Cos, Erfc, Exp, Expm1, F32, Floor, Log, Log1p, Log2, Sin, Sqrt, Tanh,
    Max, Min, Mod, Pow,
}

/// <summary>The functions that formulas may call, and the one definition of what every operation computes.</summary>
internal static class FormulaOperations
{
    /// <summary>Functions by name: operation, number of operands.</summary>
    public static IReadOnlyDictionary<string, (FormulaOperation Operation, int Operands)> Functions { get; } = new SortedDictionary<string, (FormulaOperation, int)>(StringComparer.Ordinal)
    {
        ["abs"] = (FormulaOperation.Abs, 1), ["ceil"] = (FormulaOperation.Ceil, 1), ["cos"] = (FormulaOperation.Cos, 1), ["erfc"] = (FormulaOperation.Erfc, 1), ["exp"] = (FormulaOperation.Exp, 1),
        ["expm1"] = (FormulaOperation.Expm1, 1), ["f32"] = (FormulaOperation.F32, 1), ["floor"] = (FormulaOperation.Floor, 1), ["if"] = (FormulaOperation.If, 3), ["log"] = (FormulaOperation.Log, 1),
        ["log1p"] = (FormulaOperation.Log1p, 1), ["log2"] = (FormulaOperation.Log2, 1), ["max"] = (FormulaOperation.Max, 2), ["min"] = (FormulaOperation.Min, 2), ["mod"] = (FormulaOperation.Mod, 2),
        ["pow"] = (FormulaOperation.Pow, 2), ["sin"] = (FormulaOperation.Sin, 1), ["sqrt"] = (FormulaOperation.Sqrt, 1), ["tanh"] = (FormulaOperation.Tanh, 1),
    };

    /// <summary>The operation of an operator as <see cref="Expression.Binary"/> holds it.</summary>
    public static FormulaOperation OfOperator(char text) => text switch
    {
        '+' => FormulaOperation.Add,
        '-' => FormulaOperation.Subtract,
        '*' => FormulaOperation.Multiply,
        '/' => FormulaOperation.Divide,
        '^' => FormulaOperation.Power,
        '<' => FormulaOperation.Less,
        '≤' => FormulaOperation.LessOrEqual,
        '>' => FormulaOperation.Greater,
        '≥' => FormulaOperation.GreaterOrEqual,
        '=' => FormulaOperation.Equal,
        '≠' => FormulaOperation.NotEqual,
        _ => throw new ArgumentOutOfRangeException(nameof(text), text, "unknown operator"),
    };

    /// <summary>A comparison gives 1 or 0; <c>if</c> takes whatever is not 0 for true; <c>mod</c> has the sign of its divisor.</summary>
    public static double Apply(FormulaOperation operation, double a, double b = 0, double c = 0)
    {
        switch (operation)
        {
            case FormulaOperation.Negative: return -a;
            case FormulaOperation.Add: return a + b;
            case FormulaOperation.Subtract: return a - b;
            case FormulaOperation.Multiply: return a * b;
            case FormulaOperation.Divide: return a / b;
            case FormulaOperation.Power or FormulaOperation.Pow: return PinnedMath.Pow(a, b);
            case FormulaOperation.Less: return a < b ? 1 : 0;
            case FormulaOperation.LessOrEqual: return a <= b ? 1 : 0;
            case FormulaOperation.Greater: return a > b ? 1 : 0;
            case FormulaOperation.GreaterOrEqual: return a >= b ? 1 : 0;
            case FormulaOperation.Equal: return a == b ? 1 : 0;
            case FormulaOperation.NotEqual: return a != b ? 1 : 0;
            case FormulaOperation.Or: return a == 0 ? b : a;
            case FormulaOperation.If: return a != 0 ? b : c;
            case FormulaOperation.Abs: return Math.Abs(a);
            case FormulaOperation.Ceil: return Math.Ceiling(a);
            case FormulaOperation.Floor: return Math.Floor(a);
            case FormulaOperation.F32: return (float)a;
            case FormulaOperation.Sqrt: return Math.Sqrt(a);
            case FormulaOperation.Max: return Math.Max(a, b);
            case FormulaOperation.Min: return Math.Min(a, b);
            case FormulaOperation.Mod: return Modulo(a, b);
            case FormulaOperation.Cos: return PinnedMath.Cos(a);
            case FormulaOperation.Sin: return PinnedMath.Sin(a);
            case FormulaOperation.Erfc: return PinnedMath.Erfc(a);
            case FormulaOperation.Exp: return PinnedMath.Exp(a);
            case FormulaOperation.Expm1: return PinnedMath.Expm1(a);
            case FormulaOperation.Log: return PinnedMath.Log(a);
            case FormulaOperation.Log1p: return PinnedMath.Log1p(a);
            case FormulaOperation.Log2: return PinnedMath.Log2(a);
            case FormulaOperation.Tanh: return PinnedMath.Tanh(a);
            default: throw new ArgumentOutOfRangeException(nameof(operation), operation, "no operation on numbers");
        }
    }

    /// <summary>Microseconds of one element on one thread, for orders of magnitude; 0 for what is an instruction or two.</summary>
    public static double Microseconds(FormulaOperation operation) => operation switch
    {
        FormulaOperation.Cos or FormulaOperation.Sin => 0.25,
        FormulaOperation.Log or FormulaOperation.Log1p or FormulaOperation.Log2 => 0.5,
        FormulaOperation.Exp or FormulaOperation.Expm1 or FormulaOperation.Tanh => 1.7,
        FormulaOperation.Power or FormulaOperation.Pow => 2.2,
        FormulaOperation.Erfc => 11,
        _ => 0,
    };

    /// <summary>Whether an element costs a series rather than an instruction.</summary>
    public static bool IsSlow(FormulaOperation operation) => Microseconds(operation) > 0;

    // The remainder of truncated division is exact; it is moved by one divisor where its sign is not the divisor's.
    private static double Modulo(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
}
