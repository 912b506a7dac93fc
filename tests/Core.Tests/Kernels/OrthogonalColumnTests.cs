using ShardInit.Kernels;
using Xunit;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>Columns that draws never give: they are defined all the same.</summary>
public sealed unsafe class OrthogonalColumnTests
{
    private static (double[] Strip, double[] Tau, double[] Signs) Factor(int rows, int columns, Func<int, int, double> element)
    {
        double[] strip = new double[rows * 16], tau = new double[16], signs = new double[16];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++) strip[(r * 16) + c] = element(r, c);
        }
        fixed (double* b = strip, t = tau, s = signs) HouseholderStrip<Doubles1>.Factor(b, rows, columns, t, s);
        return (strip, tau, signs);
    }

    [Fact]
    public void A_column_of_zeros_is_not_reflected_and_its_sign_is_plus()
    {
        (double[] strip, double[] tau, double[] signs) = Factor(4, 2, (_, _) => 0);
        Assert.Equal([0, 0], tau[..2]);
        Assert.Equal([1, 1], signs[..2]);
        Assert.Equal([1, 0], strip[..2]);
        Assert.All(strip, x => Assert.True(double.IsFinite(x)));
    }

    [Theory]
    [InlineData(2.5, 1)]
    [InlineData(-2.5, -1)]
    [InlineData(-0.0, 1)]
    public void A_column_that_is_zero_below_the_diagonal_keeps_its_sign(double x, double sign)
    {
        (_, double[] tau, double[] signs) = Factor(3, 1, (r, _) => r == 0 ? x : 0);
        Assert.Equal(0, tau[0]);
        Assert.Equal(sign, signs[0]);
    }

    [Fact]
    public void Equal_columns_stay_finite()
    {
        (double[] strip, double[] tau, _) = Factor(8, 3, (r, _) => r + 1);
        Assert.All(strip.Concat(tau), x => Assert.True(double.IsFinite(x)));
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(-3, 4)]
    public void A_reflection_maps_the_column_to_the_diagonal(double x, double y)
    {
        (double[] strip, double[] tau, double[] signs) = Factor(2, 1, (r, _) => r == 0 ? x : y);
        Assert.Equal(x < 0 ? 1 : -1, signs[0]);
        double v = strip[16];
        double product = x + (v * y);
        Assert.Equal(5 * signs[0], x - (tau[0] * product), 1e-15);
        Assert.Equal(0, y - (tau[0] * product * v), 1e-15);
    }
}
