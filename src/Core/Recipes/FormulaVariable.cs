using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>What a formula of a tensor may read of an element. The first five are the indices on axes 0 to 4.</summary>
internal enum FormulaVariable { I, J, K, L, M, Index, U, Z, U2, Z2 }

/// <summary>Names of the variables, and of the numbers that the shape gives.</summary>
internal static class FormulaVariables
{
    private static readonly string[] s_names = ["i", "j", "k", "l", "m", "index", "u", "z", "u2", "z2"];

    public static IEnumerable<string> Names => [.. s_names, "dim0", "numel", "ndim"];

    public static bool TryParse(string name, out FormulaVariable variable)
    {
        variable = (FormulaVariable)Array.IndexOf(s_names, name);
        return variable >= 0;
    }

    public static string Name(FormulaVariable variable) => s_names[(int)variable];

    public static bool IsRandom(FormulaVariable variable) => variable >= FormulaVariable.U;

    /// <summary>Axis of an index; -1 for other variables.</summary>
    public static int Axis(FormulaVariable variable) => variable < FormulaVariable.Index ? (int)variable : -1;

    /// <summary><c>dim0</c>, <c>dim1</c> ..., <c>numel</c>, <c>ndim</c>. A name of an axis that the shape lacks is refused.</summary>
    /// <exception cref="ExpressionException">No such axis.</exception>
    public static bool TryShape(string name, Shape shape, out double value)
    {
        value = name switch { "numel" => shape.ElementCount, "ndim" => shape.Rank, _ => 0 };
        if (name is "numel" or "ndim") return true;
        if (!name.StartsWith("dim", StringComparison.Ordinal) || !int.TryParse(name.AsSpan(3), System.Globalization.NumberStyles.None, null, out int axis)) return false;
        value = axis < shape.Rank ? shape[axis] : throw new ExpressionException($"{name} has no meaning here: shape {shape} has {shape.Rank} axes");
        return true;
    }
}
