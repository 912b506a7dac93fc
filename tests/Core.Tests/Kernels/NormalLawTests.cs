using ShardInit.Arithmetic;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>The yardstick of the statistics tests is itself measured.</summary>
public sealed class NormalLawTests
{
    [Fact]
    public void The_fast_tail_is_the_pinned_one()
    {
        System.Random random = new(5);
        for (int k = 0; k < 3000; k++)
        {
            double x = (random.NextDouble() * 24) - 12;
            double exact = PinnedMath.NormalCdf(-x);
            Assert.True(Math.Abs((NormalLaw.Upper(x) / exact) - 1) < 1e-13, $"Q({x:R}) = {NormalLaw.Upper(x):R}, expected {exact:R}");
            if (Math.Abs(x) < 8 && x > 0) Assert.Equal(x, NormalLaw.UpperQuantile(exact, x + 0.01), 1e-11);
        }
    }
}
