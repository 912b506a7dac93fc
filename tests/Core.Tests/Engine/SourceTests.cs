using ShardInit.Arithmetic;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Engine;

/// <summary>Values of the kinds that are more than one draw an element.</summary>
public sealed class SourceTests
{
    private static readonly KeyValuePair<string, double>[] s_std = [new("std", 0.5), new("mean", -0.25)];

    /// <summary>Every kind with a shape whose rows end inside blocks, chunks and vectors.</summary>
    public static TheoryData<string, Distribution, long[]> Kinds => new()
    {
        { "log_uniform", new LogUniform(0.001, 0.1), [1500] },
        { "eye", new Eye(2.5), [37, 41] },
        { "eye, tall", new Eye(), [41, 7] },
        { "dirac", new Dirac(2), [6, 4, 3, 5] },
        { "sparse, few rows", new Sparse(0.3, 0, 0.02), [33, 70] },
        { "sparse", new Sparse(0.1, 0.5, 0.02), [130, 33] },
        { "table", Table.Of("sin(i * exp(-rate * j)) + k / dim2", new KeyValuePair<string, double>("rate", 0.01)), [20, 30, 7] },
        { "table of the row alone", Table.Of("log(1 + j)"), [700, 3] },
        { "expression", Expression.Of("mean + std * z * (1 + u2)", s_std), [1700] },
        { "expression with a slow column", Expression.Of("exp(-j / 10) * u + z2"), [80, 25] },
        { "rows", new Rows([new(0, 3, new Constant(1)), new(3, 11, new Normal(0, 0.02)), new(11, 20, new LogUniform(0.01, 1)), new(20, 21, Table.Of("j"))]), [21, 53] },
        { "orthogonal", new Orthogonal(1.5), [40, 70] },
        { "orthogonal, middle axis", new Orthogonal(1, 1), [5, 12, 7] },
        { "delta_orthogonal", new DeltaOrthogonal(1), [3, 3, 6, 9] },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_cut_and_any_lane_width_give_the_same_bytes(string kind, Distribution init, long[] shape)
    {
        Assert.NotEmpty(kind);
        foreach (DType dtype in (DType[])[DType.F32, DType.BF16, DType.F16, DType.F64])
        {
            Plan plan = OneTensor.Plan(init, dtype, shape);
            byte[] whole = OneTensor.Bytes(plan);
            foreach (LaneChoice lanes in (LaneChoice[])[LaneChoice.Scalar, LaneChoice.Bits128, LaneChoice.Bits256, LaneChoice.Bits512]) Assert.Equal(whole, OneTensor.Bytes(plan, lanes));
            PlanValues values = new(plan);
            System.Random random = new(7);
            byte[] pieces = new byte[whole.Length];
            long elements = plan.Tensors[0].Shape.ElementCount;
            int size = dtype.ByteSize();
            for (long at = 0; at < elements;)
            {
                long take = Math.Min(random.Next(3) == 0 ? random.Next(1, 5) : random.Next(1, 700), elements - at);
                values.Fill(0, at, take, pieces.AsSpan((int)(at * size), (int)(take * size)));
                at += take;
            }
            Assert.Equal(whole, pieces);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Narrow_types_round_the_float32_values(string kind, Distribution init, long[] shape)
    {
        Assert.NotEmpty(kind);
        float[] single = OneTensor.Floats(init, shape);
        byte[] half = OneTensor.Bytes(OneTensor.Plan(init, DType.BF16, shape));
        for (int i = 0; i < single.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(single[i]);
            Assert.Equal((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16), BitConverter.ToUInt16(half, 2 * i));
        }
    }

    [Fact]
    public void Random_variables_are_the_draws_of_the_same_name()
    {
        Assert.Equal(OneTensor.Floats(new Uniform(0, 1), 5000), OneTensor.Floats(Expression.Of("u"), 5000));
        Assert.Equal(OneTensor.Floats(new Normal(0, 1), 5000), OneTensor.Floats(Expression.Of("z"), 5000));
        float[] first = OneTensor.Floats(Expression.Of("u"), 5000), second = OneTensor.Floats(Expression.Of("u2"), 5000);
        StreamKey key = StreamKey.Derive(1, 42, "", "w");
        for (int i = 0; i < 200; i++)
        {
            ulong block = StreamKey.BlockOf((ulong)i);
            (uint w0, uint w1, uint w2, uint w3) = Philox4x32.Block((uint)block, (uint)(block >> 32), 3u << 24, key.Counter3, key.Key0, key.Key1);
            uint word = ((i >> 4) & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
            Assert.Equal((word >> 8) / 16777216.0f, second[i]);
        }
        // Correlation of independent uniforms: standard deviation 1 / √5000 = 0.014; five of them.
        double correlation = first.Zip(second, (a, b) => (a - 0.5) * (b - 0.5)).Sum() / 5000 * 12;
        Assert.InRange(correlation, -0.07, 0.07);
        Assert.NotEqual(OneTensor.Floats(Expression.Of("z"), 64), OneTensor.Floats(Expression.Of("z2"), 64));
    }

    [Fact]
    public void A_seed_of_its_own_is_another_stream()
    {
        Plan own = OneTensor.Plan(new Normal(0, 1), DType.F32, [64], "w", seed: 7);
        Assert.Equal(OneTensor.Bytes(OneTensor.Plan(new Normal(0, 1), DType.F32, 64) with { Seed = 7 }), OneTensor.Bytes(own));
        Assert.NotEqual(OneTensor.Bytes(OneTensor.Plan(new Normal(0, 1), DType.F32, 64)), OneTensor.Bytes(own));
    }

    [Fact]
    public void Log_uniform_follows_its_definition_and_its_law()
    {
        const int count = 20_000;
        float[] values = OneTensor.Floats(new LogUniform(0.001, 0.1), count);
        float[] uniform = OneTensor.Floats(new Uniform(0, 1), count);
        double start = PinnedMath.Log(0.001f), span = PinnedMath.Log(0.1f) - start;
        for (int i = 0; i < count; i++) Assert.Equal(Math.Clamp((float)PinnedMath.Exp((uniform[i] * span) + start), 0.001f, 0.1f), values[i]);
        double[] sorted = [.. values.Select(x => (Math.Log(x) - Math.Log(0.001)) / Math.Log(100)).Order()];
        double distance = sorted.Select((x, i) => Math.Max(Math.Abs(x - (i / (double)count)), Math.Abs(x - ((i + 1) / (double)count)))).Max();
        // Kolmogorov: P(√n D > 2.2) = 1.2e-4.
        Assert.True(distance * Math.Sqrt(count) < 2.2, $"{distance}");
        Assert.All(values, x => Assert.InRange(x, 0.001f, 0.1f));
    }

    [Fact]
    public void Identities_and_dirac_kernels_stand_where_torch_has_them()
    {
        float[] eye = OneTensor.Floats(new Eye(3), 5, 8);
        for (int i = 0; i < eye.Length; i++) Assert.Equal(i / 8 == i % 8 ? 3f : 0f, eye[i]);
        long[] shape = [6, 4, 3, 4];
        float[] dirac = OneTensor.Floats(new Dirac(2), shape);
        float[] expected = new float[dirac.Length];
        // torch.nn.init.dirac_: for g in range(groups): for d in range(min(out / groups, in)): tensor[g * out / groups + d, d, k0 // 2, k1 // 2] = 1
        for (int g = 0; g < 2; g++) for (int d = 0; d < 3; d++) expected[((((g * 3) + d) * 4 + d) * 12) + (1 * 4) + 2] = 1;
        Assert.Equal(expected, dirac);
        Assert.Equal(4, OneTensor.Floats(new Dirac(1), 9, 4, 3).Sum());
        Assert.Equal([1L, 0, 0, 1, 0, 0], OneTensor.Longs(new Eye(), 3, 2));
    }

    [Fact]
    public void Sparse_columns_have_exactly_their_zeros()
    {
        foreach ((long rows, long columns, double sparsity) in ((long, long, double)[])[(10, 30, 0.25), (100, 20, 0.1), (64, 5, 1), (65, 5, 0)])
        {
            float[] values = OneTensor.Floats(new Sparse(sparsity, 0, 0.01), rows, columns);
            float[] normal = OneTensor.Floats(new Normal(0, 0.01), rows, columns);
            for (int c = 0; c < columns; c++)
            {
                int zeros = 0;
                for (int r = 0; r < rows; r++)
                {
                    float value = values[(r * columns) + c];
                    if (value == 0) zeros++;
                    else Assert.Equal(normal[(r * columns) + c], value);
                }
                Assert.Equal((int)Math.Ceiling(sparsity * rows), zeros);
            }
        }
    }

    [Fact]
    public void Rows_have_the_values_of_whole_tensors()
    {
        Distribution[] inits = [new Normal(0, 0.5), new TruncatedNormal(0, 1, -2, 2), Expression.Of("z * i")];
        float[] mixed = OneTensor.Floats(new Rows([new(0, 2, inits[0]), new(2, 7, inits[1]), new(7, 9, inits[2])]), 9, 11);
        float[][] whole = [.. inits.Select(init => OneTensor.Floats(init, 9, 11))];
        Assert.Equal(whole[0][..22], mixed[..22]);
        Assert.Equal(whole[1][22..77], mixed[22..77]);
        Assert.Equal(whole[2][77..], mixed[77..]);
    }

    [Fact]
    public void Zero_rows_and_transposed_storage_take_values_of_sources_too()
    {
        float[] zeroed = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(OneTensor.Bytes(OneTensor.Plan(Expression.Of("1 + u"), DType.F32, [5, 6], "w", null, 2))).ToArray();
        float[] plain = OneTensor.Floats(Expression.Of("1 + u"), 5, 6);
        for (int i = 0; i < 30; i++) Assert.Equal(i / 6 == 2 ? 0 : plain[i], zeroed[i]);

        Plan plan = OneTensor.Plan(new Orthogonal(1), DType.F32, [300, 260], "w");
        Part transposed = new(0, [new(0, 300, 1), new(0, 260, 1)], [1, 0], [new(0, 260, 1), new(0, 300, 1)]);
        Plan other = plan with { Tensors = [plan.Tensors[0] with { Shape = new Shape([260, 300]), Parts = [transposed] }] };
        float[] matrix = OneTensor.Floats(new Orthogonal(1), 300, 260);
        float[] stored = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(OneTensor.Bytes(other)).ToArray();
        for (int r = 0; r < 300; r++) for (int c = 0; c < 260; c++) Assert.Equal(matrix[(r * 260) + c], stored[(c * 300) + r]);
    }

    [Fact]
    public void Tables_count_exactly_in_integers_and_keep_binary64()
    {
        Assert.Equal([0L, 1, 2, 3, 0, 1, 2, 3], OneTensor.Longs(Table.Of("j"), 2, 4));
        Assert.Equal([0L, 10, 20], OneTensor.Longs(Table.Of("step * index", new KeyValuePair<string, double>("step", 10)), 3));
        // log(1 .. 4) by Python 3.
        Assert.Equal([0, 0.6931471805599453, 1.0986122886681098, 1.3862943611198906], OneTensor.Doubles(Table.Of("log(1 + i)"), 4));
        Assert.Equal([5], OneTensor.Floats(Table.Of("5")));
        Assert.Equal([0.1], OneTensor.Doubles(Table.Of("0.1"), 1));
        Assert.Equal([(double)0.1f], OneTensor.Doubles(Table.Of("f32(0.1)"), 1));
    }

    [Theory]
    [InlineData("log(i)", "element [0, 0] is -∞, which is no finite F16")]
    [InlineData("1 / (i - 1) + j", "element [1, 0] is ∞")]
    [InlineData("sqrt(1 - i * j)", "element [1, 2] is NaN")]
    [InlineData("65504 + 17 * i", "element [1, 0] is 65521, which is no F16")]
    [InlineData("sin(1e10 * i)", "element [1, 0] is NaN")]
    public void Values_that_the_dtype_cannot_hold_are_errors_with_their_place(string formula, string expected)
    {
        PlanException refusal = Assert.Throws<PlanException>(() => OneTensor.Bytes(OneTensor.Plan(Table.Of(formula), DType.F16, 3, 5)));
        Assert.Contains(expected.Replace("∞", double.PositiveInfinity.ToString("R", System.Globalization.CultureInfo.InvariantCulture)), refusal.Message);
    }

    [Fact]
    public void Integers_that_are_none_are_errors()
    {
        Assert.Contains("element [1] is 0.5, which is no I64", Assert.Throws<PlanException>(() => OneTensor.Longs(Table.Of("i / 2"), 3)).Message);
        Assert.Contains("is 256, which is no U8", Assert.Throws<PlanException>(() => OneTensor.Bytes(OneTensor.Plan(Table.Of("255 + i"), DType.U8, 2))).Message);
    }
}
