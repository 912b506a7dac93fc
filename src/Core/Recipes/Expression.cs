using ShardInit.Initializers;

namespace ShardInit.Recipes;

/// <summary>
/// A number or a small formula of a recipe: <c>0.02 / sqrt(2 * num_hidden_layers)</c>. Binary64 throughout, one IEEE operation per operator in the
/// order written; functions only from <see cref="FormulaOperations"/>, so a formula gives the same bits on every machine.
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
            return FormulaOperations.Apply(FormulaOperations.OfOperator(Operator), left, Right.Evaluate(facts));
        }
    }

    public sealed record Call(string Function, Expression[] Operands) : Expression
    {
        public override double Evaluate(TensorFacts facts)
        {
            FormulaOperation operation = FormulaOperations.Functions[Function].Operation;
            double first = Operands[0].Evaluate(facts);
            // The side that is not taken may hold a name without meaning for the tensor.
            if (operation == FormulaOperation.If) return Operands[first != 0 ? 1 : 2].Evaluate(facts);
            return FormulaOperations.Apply(operation, first, Operands.Length > 1 ? Operands[1].Evaluate(facts) : 0);
        }
    }

    /// <summary>The gain of a nonlinearity; the slope counts for <c>leaky_relu</c> alone.</summary>
    public sealed record Gain(string Nonlinearity, Expression Slope) : Expression
    {
        public override double Evaluate(TensorFacts facts) => Gains.Of(Nonlinearity, Slope.Evaluate(facts));
    }
}
