using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Initializers;

/// <summary>Consecutive elements of one logical tensor, and all that their values may depend on.</summary>
public sealed class ElementRun
{
    /// <summary>Streams of <see cref="Uniform"/> and <see cref="Normal"/>.</summary>
    public const int Streams = 1 << 24;

    private static readonly Draw s_uniform = DrawChoice.Of(new Uniform(0, 1)) with { Purpose = Purpose.Plugin };
    private static readonly Draw s_normal = DrawChoice.Of(new Normal(0, 1)) with { Purpose = Purpose.Plugin };

    private readonly Plugin _plugin;
    private readonly StreamKey _key;
    private readonly Backend _backend;

    internal ElementRun(Plugin plugin, Shape shape, StreamKey key, Backend backend, long first, int count) =>
        (_plugin, Shape, _key, _backend, First, Count) = (plugin, shape, key, backend, first, count);

    /// <summary>Shape of the whole logical tensor.</summary>
    public Shape Shape { get; }

    /// <summary>Row-major index of the first element.</summary>
    public long First { get; }

    public int Count { get; }

    /// <summary>The tensor's own random identity (docs/determinism.md, section 2): key words and counter word 3.</summary>
    public (uint Key0, uint Key1, uint Counter3) Key => (_key.Key0, _key.Key1, _key.Counter3);

    /// <summary>A number that <see cref="IInitializer.Resolve"/> gave.</summary>
    /// <exception cref="KeyNotFoundException">No such number.</exception>
    public double Number(string name)
    {
        int at = _plugin.Names.IndexOf(name);
        return at >= 0 ? _plugin.Numbers[at] : throw new KeyNotFoundException($"the plan has no number '{name}' for {_plugin.Type}");
    }

    /// <summary>A draw on [0, 1) for each element of the run, multiples of 2^-24.</summary>
    /// <param name="stream">Draws of different streams are independent; those of <see cref="Normal"/> of the same stream are not.</param>
    public void Uniform(Span<float> values, int stream = 0) => Fill(s_uniform, values, stream);

    /// <summary>A standard normal draw for each element of the run.</summary>
    public void Normal(Span<float> values, int stream = 0) => Fill(s_normal, values, stream);

    private void Fill(Draw draw, Span<float> values, int stream)
    {
        if (values.Length != Count) throw new ArgumentException($"expected {Count} values, one for each element of the run, found {values.Length}", nameof(values));
        if (stream is < 0 or >= Streams) throw new ArgumentOutOfRangeException(nameof(stream), stream, $"expected 0 to {Streams - 1}");
        draw = draw with { Attempt = (uint)stream };
        _backend.Fill(_key, in draw, DType.F32, First, Count, MemoryMarshal.AsBytes(values));
    }
}
