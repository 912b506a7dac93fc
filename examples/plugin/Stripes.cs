using System.Collections.Immutable;
using ShardInit.Initializers;

namespace Example;

/// <summary>Normal values in every period-th row, zeros elsewhere.</summary>
public sealed class Stripes : IInitializer
{
    public string Name => "stripes";

    public string Summary => "normal in every period-th row, 0 elsewhere";

    public ImmutableArray<Parameter> Parameters { get; } =
        [Parameter.Number("period", "rows from one stripe to the next", defaultValue: 2), Parameter.Number("std", "standard deviation in a stripe", needed: true)];

    public IReadOnlyDictionary<string, double> Resolve(Arguments arguments, TensorFacts facts)
    {
        if (facts.Shape.Rank < 1) throw new RefusalException("a scalar has no rows");
        return new Dictionary<string, double> { ["period"] = arguments.Whole("period", least: 1), ["std"] = arguments.Number("std") };
    }

    public void Fill(ElementRun run, Span<float> values)
    {
        run.Normal(values);
        long rowLength = run.Shape.ElementCount / run.Shape[0];
        long period = (long)run.Number("period");
        float std = (float)run.Number("std");
        for (int i = 0; i < values.Length; i++) values[i] = (run.First + i) / rowLength % period == 0 ? values[i] * std : 0;
    }
}
