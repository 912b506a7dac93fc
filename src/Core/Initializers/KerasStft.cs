using ShardInit.Arithmetic;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>Keras' kernels of a short-time Fourier transform. Windows are sums of cosines, as scipy.signal.windows has them; the scaling is a number of the whole window.</summary>
internal static class KerasStft
{
    /// <summary>Weights of a window at most: each is a cosine or two.</summary>
    private const long MaxFrame = 1 << 20;

    public static Initializer Initializer { get; } = new("keras.STFTInitializer", "one side of a short-time Fourier transform as a convolution [frame, 1, frequencies]",
        [
            Parameter.Choice("side", "cosines or sines", null, "real", "imag"),
            Parameter.Choice("window", "weights of a frame", "hann", "hann", "hamming", "blackman", "boxcar", "null"),
            Parameter.Choice("scaling", "the window is divided by its 2-norm or its sum", "density", "density", "spectrum", "null"),
            Parameter.Flag("periodic", "a window whose first value would follow its last", false),
        ], Kernel);

    private static Table Kernel(Arguments arguments, TensorFacts facts)
    {
        Shape shape = facts.Shape;
        if (shape.Rank != 3 || shape[1] != 1 || shape[2] < 2) throw new RefusalException($"expected [frame, 1, frequencies] with 2 frequencies or more; found shape {shape}");
        if (shape[0] > MaxFrame) throw new RefusalException($"expected a frame of {MaxFrame} or less; found shape {shape}");
        (double first, double second, double third) = arguments.Choice("window") switch
        {
            "hann" => (0.5, 0.5, 0),
            "hamming" => (0.54, 0.46, 0),
            "blackman" => (0.42, 0.5, 0.08),
            _ => (1, 0, 0.0),
        };
        double turn = 2 * Math.PI / Math.Max(1, arguments.Flag("periodic") ? shape[0] : shape[0] - 1);
        double sum = 0, squares = 0;
        for (long i = 0; i < shape[0]; i++)
        {
            double weight = shape[0] == 1 ? 1 : first - (second * PinnedMath.Cos(turn * i)) + (third * PinnedMath.Cos(2 * turn * i));
            sum += Math.Abs(weight);
            squares += weight * weight;
        }
        double norm = arguments.Choice("window") == "null" ? 1 : arguments.Choice("scaling") switch { "density" => Math.Sqrt(squares), "spectrum" => sum, _ => 1 };
        if (norm == 0) throw new RefusalException("every weight of the window is 0: its scaling would be a division by 0");
        string wave = arguments.Choice("side") == "real" ? "cos" : "sin";
        return Table.Of($"{wave}(-step * mod(i * k, period)) * (a - b * cos(turn * i) + c * cos(2 * turn * i)) / norm",
            KeyValuePair.Create("period", (shape[2] - 1) * 2.0), KeyValuePair.Create("step", 2 * Math.PI / ((shape[2] - 1) * 2)), KeyValuePair.Create("turn", turn), KeyValuePair.Create("norm", norm),
            KeyValuePair.Create("a", shape[0] == 1 ? 1 : first), KeyValuePair.Create("b", shape[0] == 1 ? 0 : second), KeyValuePair.Create("c", shape[0] == 1 ? 0 : third));
    }
}
