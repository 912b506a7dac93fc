using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>Which random words an element of a distribution uses, and what is made of them, for people.</summary>
internal sealed record ElementDraw(string Sentence, ImmutableArray<(Purpose Purpose, uint Attempt)> Words)
{
    private static readonly ImmutableArray<(Purpose Purpose, uint Attempt)> s_first = [(Purpose.Values, 0)];
    private static readonly ImmutableArray<(Purpose Purpose, uint Attempt)> s_two = [(Purpose.Values, 0), (Purpose.Values, 1)];

    public static ElementDraw Of(Distribution init) => init switch
    {
        Constant or Uniform or Normal or TruncatedNormal => OfKernel(DrawChoice.Of(init)),
        LogUniform => new("e to the power of a uniform between the logarithms of low and high, by the upper 24 bits of the word", s_first),
        Sparse => new("zero where the mask of its column says so, otherwise a normal draw of the words of attempt 0", s_first),
        Orthogonal or Initializers.DeltaOrthogonal => new("an orthogonal matrix made of normal draws of the whole tensor at once", []),
        Eye or Dirac => new("1 (eye: value) on a diagonal, 0 elsewhere; no random word", []),
        FormulaDistribution formula => OfFormula(formula.Formula),
        _ => new($"{init.Kind}: see its own documentation", []),
    };

    private static ElementDraw OfKernel(Draw draw)
    {
        ImmutableArray<(Purpose, uint)> quantile = draw.Constants.Wide ? s_two : s_first;
        return draw.Kind switch
        {
            DrawKind.Constant => new("a constant; no random word", []),
            DrawKind.Uniform => new("uniform: low + (upper 24 bits of the word) x (high - low) / 2^24", s_first),
            DrawKind.Normal => new("normal by Box and Muller: radius from the even word of the pair, angle from the odd one", s_first),
            DrawKind.FoldedQuantile => new("truncated normal by the inverse of its distribution function, folded at the median", quantile),
            DrawKind.OneSidedQuantile => new("truncated normal by the inverse of its distribution function on one side of the mean", quantile),
            DrawKind.UniformRejection => new("truncated normal on a narrow interval: uniform proposals, the first accepted one; the words of the first proposal are shown", s_two),
            _ => new("truncated normal far in a tail: exponential proposals, the first accepted one; the words of the first proposal are shown", s_two),
        };
    }

    private static ElementDraw OfFormula(string formula)
    {
        HashSet<string> names = [.. Regex.Matches(formula, "[A-Za-z_][A-Za-z0-9_]*").Select(match => match.Value)];
        List<(Purpose, uint)> words = [];
        if (names.Overlaps(["u", "z"])) words.Add((Purpose.Values, 0));
        if (names.Overlaps(["u2", "z2"])) words.Add((Purpose.Formula, 0));
        return new(words.Count == 0 ? "a formula of the place of the element; no random word" : "a formula of the draws that it names: u by the upper 24 bits of the word, z by Box and Muller from the pair", [.. words]);
    }
}
