namespace ShardInit.Initializers;

internal static class NormalInitializer
{
    public static readonly Initializer Normal = new("normal", "normal with mean and standard deviation",
        [Parameter.Number("mean", "mean", defaultValue: 0), Parameter.Number("std", "standard deviation, 0 or more", needed: true)],
        (arguments, _) => new Normal(arguments.Number("mean"), arguments.Number("std")));
}
