namespace ShardInit.Initializers;

internal static class UniformInitializer
{
    public static readonly Initializer Uniform = new("uniform", "uniform on [low, high)",
        [Parameter.Number("low", "lower bound, taken", needed: true), Parameter.Number("high", "upper bound, not taken", needed: true)],
        (arguments, _) => new Uniform(arguments.Number("low"), arguments.Number("high")));
}
