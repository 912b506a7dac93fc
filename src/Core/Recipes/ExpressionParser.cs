using System.Globalization;
using ShardInit.Initializers;

namespace ShardInit.Recipes;

/// <summary>A formula that cannot be read.</summary>
internal sealed class ExpressionException(string message) : Exception(message);

/// <summary>
/// Grammar, loosest binding first: <c>or</c>; one of <c>&lt; &lt;= &gt; &gt;= == !=</c>; <c>+ -</c>; <c>* /</c>; unary <c>-</c>; <c>**</c> or <c>^</c> (to the right, above unary minus on its left);
/// numbers, names (letters, digits, <c>_</c>, dots for nested keys), <c>pi</c>, function calls, parentheses; <c>gain(relu)</c>, <c>gain(leaky_relu, 0.2)</c>.
/// </summary>
internal sealed class ExpressionParser
{
    public const int MaxLength = 1000;
    public const int MaxDepth = 50;

    private readonly string _text;
    private int _position;
    private int _depth;

    private ExpressionParser(string text) => _text = text;

    /// <exception cref="ExpressionException">The text is no formula.</exception>
    public static Expression Parse(string text)
    {
        if (text.Length > MaxLength) throw new ExpressionException($"a formula of {text.Length} characters; at most {MaxLength}");
        ExpressionParser parser = new(text);
        Expression expression = parser.Either();
        if (parser.Peek() != '\0') throw parser.Unexpected("the end");
        return expression;
    }

    private Expression Either()
    {
        if (++_depth > MaxDepth) throw new ExpressionException($"a formula nested deeper than {MaxDepth} levels");
        Expression left = Comparison();
        if (TakeWord("or")) left = new Expression.Or(left, Either());
        _depth--;
        return left;
    }

    private Expression Comparison()
    {
        Expression left = Sum();
        return Comparer() is char comparer ? new Expression.Binary(comparer, left, Sum()) : left;
    }

    private char? Comparer()
    {
        char first = Peek();
        if (first is not ('<' or '>' or '=' or '!')) return null;
        bool equal = _position + 1 < _text.Length && _text[_position + 1] == '=';
        if ((first is '=' or '!') && !equal) return null;
        _position += equal ? 2 : 1;
        return (first, equal) switch { ('<', false) => '<', ('<', true) => '≤', ('>', false) => '>', ('>', true) => '≥', ('=', _) => '=', _ => '≠' };
    }

    private Expression Sum()
    {
        Expression left = Product();
        while (Peek() is '+' or '-') left = new Expression.Binary(Take(), left, Product());
        return left;
    }

    private Expression Product()
    {
        Expression left = Signed();
        while (Peek() is '/' || (Peek() == '*' && !IsPower())) left = new Expression.Binary(Take(), left, Signed());
        return left;
    }

    private Expression Signed()
    {
        if (Peek() is not ('-' or '+')) return Power();
        if (++_depth > MaxDepth) throw new ExpressionException($"a formula nested deeper than {MaxDepth} levels");
        bool negative = Take() == '-';
        Expression operand = Signed();
        _depth--;
        return negative ? new Expression.Negative(operand) : operand;
    }

    private Expression Power()
    {
        Expression left = Atom();
        if (!IsPower()) return left;
        _position += Peek() == '^' ? 1 : 2;
        return new Expression.Binary('^', left, Signed());
    }

    private Expression Atom()
    {
        char c = Peek();
        if (c == '(')
        {
            _position++;
            Expression inner = Either();
            Close();
            return inner;
        }
        if (char.IsAsciiDigit(c) || c == '.') return Number();
        if (!char.IsAsciiLetter(c) && c != '_') throw Unexpected("a number, a name or '('");
        string name = Word();
        if (Peek() != '(') return name == "pi" ? new Expression.Literal(3.141592653589793) : new Expression.Name(name);
        return Call(name);
    }

    private Expression Call(string name)
    {
        if (name == "gain") return Gain();
        if (!FormulaOperations.Functions.TryGetValue(name, out var function)) throw new ExpressionException($"unknown function {name}; known: {string.Join(", ", FormulaOperations.Functions.Keys.Append("gain"))}");
        _position++;
        List<Expression> operands = [Either()];
        while (Peek() == ',')
        {
            _position++;
            operands.Add(Either());
        }
        Close();
        int count = function.Operands;
        if (operands.Count != count) throw new ExpressionException($"{name} takes {count} argument{(count == 1 ? "" : "s")}, found {operands.Count}");
        return new Expression.Call(name, [.. operands]);
    }

    // gain(relu), gain(leaky_relu, 0.2): the first operand is a word and no number.
    private Expression.Gain Gain()
    {
        _position++;
        Peek();
        string nonlinearity = Word();
        if (!Gains.Nonlinearities.Contains(nonlinearity)) throw new ExpressionException($"gain: unknown nonlinearity {Errors.Problems.Quote(nonlinearity)}; known: {string.Join(", ", Gains.Nonlinearities)}");
        Expression slope = new Expression.Literal(Gains.DefaultSlope);
        if (Peek() == ',')
        {
            _position++;
            slope = Either();
        }
        Close();
        return new Expression.Gain(nonlinearity, slope);
    }

    private Expression.Literal Number()
    {
        int start = _position;
        while (_position < _text.Length && (char.IsAsciiDigit(_text[_position]) || _text[_position] == '.')) _position++;
        if (_position < _text.Length && _text[_position] is 'e' or 'E')
        {
            _position++;
            if (_position < _text.Length && _text[_position] is '+' or '-') _position++;
            while (_position < _text.Length && char.IsAsciiDigit(_text[_position])) _position++;
        }
        ReadOnlySpan<char> text = _text.AsSpan(start, _position - start);
        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
        {
            throw new ExpressionException($"bad number '{text}'");
        }
        return new Expression.Literal(value);
    }

    private string Word()
    {
        int start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '_' or '.')) _position++;
        return _text[start.._position];
    }

    private bool TakeWord(string word)
    {
        Peek();
        int end = _position + word.Length;
        if (!_text.AsSpan(_position).StartsWith(word, StringComparison.Ordinal) || (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '_'))) return false;
        _position = end;
        return true;
    }

    private bool IsPower() => Peek() == '^' || (Peek() == '*' && _position + 1 < _text.Length && _text[_position + 1] == '*');

    private void Close()
    {
        if (Peek() != ')') throw Unexpected("')'");
        _position++;
    }

    private char Take() => _text[_position++];

    // Skips spaces; NUL at the end.
    private char Peek()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\n') _position++;
        return _position < _text.Length ? _text[_position] : '\0';
    }

    private ExpressionException Unexpected(string expected) =>
        new($"expected {expected}, found {(Peek() == '\0' ? "the end" : Errors.Problems.Quote(_text[_position..]))}");
}
