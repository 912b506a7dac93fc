using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Initializers by ranges of axis 0.</summary>
internal static class OwnRows
{
    public static ImmutableArray<Initializer> All { get; } =
    [
        new("rows", "another initializer for each range of axis 0", [new Parameter("parts", ParameterKind.Parts, "the ranges in their order") { Needed = true }], ByParts),
        new("gate_bias", "a constant in the rows of one gate of a recurrent layer, another one elsewhere; by default 1 for the forget gate of an LSTM (order i, f, g, o) and 0",
            [
                Parameter.Number("value", "that of the gate", defaultValue: 1), Parameter.Number("other", "that of the other gates", defaultValue: 0),
                Parameter.Number("gate", "which gate, from 0", defaultValue: 1), Parameter.Number("gates", "how many gates share axis 0", defaultValue: 4),
            ], GateBias),
    ];

    private static Distribution ByParts(Arguments arguments, TensorFacts facts) => Of(facts, arguments.Parts);

    private static Distribution GateBias(Arguments arguments, TensorFacts facts)
    {
        long gates = arguments.Whole("gates", least: 1), gate = arguments.Whole("gate", least: 0);
        if (gate >= gates) throw new RefusalException($"gate {gate} does not exist: there are {gates}, counted from 0");
        if (facts.Shape.Rank == 0 || facts.Shape[0] % gates != 0) throw new RefusalException($"axis 0 of shape {facts.Shape} cannot be divided into {gates} gates");
        long each = facts.Shape[0] / gates;
        Constant other = new(arguments.Number("other"));
        return Of(facts, [new(gate * each, other), new((gate + 1) * each, new Constant(arguments.Number("value"))), new(null, other)]);
    }

    public static Distribution Of(TensorFacts facts, ImmutableArray<RowPart> parts)
    {
        if (facts.Shape.Rank == 0) throw new RefusalException("a scalar has no rows");
        long rows = facts.Shape[0], start = 0;
        ImmutableArray<RowRange>.Builder ranges = ImmutableArray.CreateBuilder<RowRange>(parts.Length);
        foreach (RowPart part in parts)
        {
            double until = part.Until ?? rows;
            if (Math.Floor(until) != until || until < start || until > rows) throw new RefusalException(FormattableString.Invariant($"until: expected a whole number from {start} to the {rows} rows of shape {facts.Shape}, found {until:R}"));
            if (!Rows.Takes(part.Init)) throw new RefusalException($"{part.Init.Kind} stands for whole tensors and cannot be a part of one");
            if (until > start) ranges.Add(new RowRange(start, (long)until, part.Init));
            start = (long)until;
        }
        if (start < rows) throw new RefusalException($"the parts end at row {start}; shape {facts.Shape} has {rows}");
        return ranges.Count switch { 0 => parts[^1].Init, 1 => ranges[0].Init, _ => new Rows(ranges.ToImmutable()) };
    }
}
