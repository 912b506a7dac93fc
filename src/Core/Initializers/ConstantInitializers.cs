namespace ShardInit.Initializers;

/// <summary>Every element the same; the only initializers that integer and boolean tensors take.</summary>
internal static class ConstantInitializers
{
    public static readonly Initializer Constant = new("constant", "every element is value",
        [Parameter.Number("value", "the element", needed: true)],
        (arguments, _) => new Constant(arguments.Number("value")));

    public static readonly Initializer Zeros = new("zeros", "every element is 0", [], (_, _) => new Constant(0));

    public static readonly Initializer Ones = new("ones", "every element is 1", [], (_, _) => new Constant(1));
}
