using ShardInit.Arithmetic;
using ShardInit.Initializers;

namespace ShardInit.Recipes;

/// <summary>
/// A number or a small formula of a recipe: <c>0.02 / sqrt(2 * num_hidden_layers)</c>. Binary64 throughout, one IEEE operation per operator in the
/// order written; functions only from <see cref="PinnedMath"/>, so a formula gives the same bits on every machine.
/// </summary>
internal abstract record Expression
{
    /// <exception cref="RefusalException">An unknown name, or a name without meaning for this tensor.</exception>
    public abstract double Evaluate(TensorFacts facts);

    public sealed record Literal(double Value) : Expression
    {
        public override double Evaluate(TensorFacts facts) => Value;
    }

    public sealed record Name(string Text) : Expression
    {
        public override double Evaluate(TensorFacts facts)
        {
            if (facts.TryNumber(Text, out double value)) return value;
            if (TensorFacts.SiblingOf(facts.Tensor.Name, Text) is string sibling) throw new RefusalException($"{Text} has no meaning here: there is no tensor {Errors.Problems.Quote(sibling)}");
            string? near = Model.Nearest.Of(Text, facts.KnownNames());
            throw new RefusalException($"unknown name {Errors.Problems.Quote(Text)}" + (near is null ? $"; known for the tensor: {string.Join(", ", TensorFacts.Names)}" : $"; did you mean {near}?"));
        }
    }

    /// <summary><c>a or b</c>: a, unless a is a name that does not exist or its value is 0. What the library writes for a missing or falsy setting.</summary>
    public sealed record Or(Expression Left, Expression Right) : Expression
    {
        public override double Evaluate(TensorFacts facts)
        {
            if (Left is Name name && !facts.TryNumber(name.Text, out _)) return Right.Evaluate(facts);
            double left = Left.Evaluate(facts);
            return left == 0 ? Right.Evaluate(facts) : left;
        }
    }

    public sealed record Negative(Expression Operand) : Expression
    {
        public override double Evaluate(TensorFacts facts) => -Operand.Evaluate(facts);
    }

    public sealed record Binary(char Operator, Expression Left, Expression Right) : Expression
    {
        public override double Evaluate(TensorFacts facts)
        {
            double left = Left.Evaluate(facts);
            double right = Right.Evaluate(facts);
            return Operator switch
            {
                '+' => left + right,
                '-' => left - right,
                '*' => left * right,
                '/' => left / right,
                _ => PinnedMath.Pow(left, right),
            };
        }
    }

    public sealed record Call(string Function, Expression[] Operands) : Expression
    {
        public override double Evaluate(TensorFacts facts)
        {
            double first = Operands[0].Evaluate(facts);
            return Function switch
            {
                "sqrt" => Math.Sqrt(first),
                "exp" => PinnedMath.Exp(first),
                "log" => PinnedMath.Log(first),
                "abs" => Math.Abs(first),
                "f32" => (float)first,
                "floor" => Math.Floor(first),
                "ceil" => Math.Ceiling(first),
                "pow" => PinnedMath.Pow(first, Operands[1].Evaluate(facts)),
                "min" => Math.Min(first, Operands[1].Evaluate(facts)),
                _ => Math.Max(first, Operands[1].Evaluate(facts)),
            };
        }
    }

    /// <summary>The gain of a nonlinearity; the slope counts for <c>leaky_relu</c> alone.</summary>
    public sealed record Gain(string Nonlinearity, Expression Slope) : Expression
    {
        public override double Evaluate(TensorFacts facts) => Gains.Of(Nonlinearity, Slope.Evaluate(facts));
    }
}
