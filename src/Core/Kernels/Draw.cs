using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>Which algorithm turns words into values. The choice is a pinned function of the distribution's numbers (<see cref="DrawChoice"/>).</summary>
internal enum DrawKind
{
    Constant,
    Uniform,
    Normal,
    FoldedQuantile,
    OneSidedQuantile,
    UniformRejection,
    ExponentialRejection,
}

/// <summary>A distribution made ready for the kernels.</summary>
internal readonly struct Draw(DrawKind kind, DrawConstants constants, double value)
{
    public readonly DrawKind Kind = kind;
    public readonly DrawConstants Constants = constants;

    /// <summary>The constant, in binary64, where the kind is <see cref="DrawKind.Constant"/>.</summary>
    public readonly double Value = value;

    /// <summary>What the words are for. Only uniform and normal draws have another purpose than values.</summary>
    public Purpose Purpose { get; init; }

    /// <summary>Attempt of a uniform or normal draw: streams of one purpose that are independent of each other.</summary>
    public uint Attempt { get; init; }

    public static Draw OfConstant(double value) => new(DrawKind.Constant, default, value);
}
