using System.Runtime.InteropServices;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;
using ShardInit.Recipes;

namespace ShardInit.Engine;

/// <summary>The variables of a formula for runs of elements. u and z are the draws of a <c>uniform 0 1</c> and a <c>normal 0 1</c> tensor of the same name, u2 and z2 those with a purpose of their own.</summary>
internal sealed class FormulaInput
{
    private static readonly Draw s_uniform = DrawChoice.Of(new Uniform(0, 1));
    private static readonly Draw s_normal = DrawChoice.Of(new Normal(0, 1));
    private static readonly Draw s_secondUniform = s_uniform with { Purpose = Purpose.Formula };
    private static readonly Draw s_secondNormal = s_normal with { Purpose = Purpose.Formula };

    private readonly Shape _shape;
    private readonly StreamKey _key;
    private readonly Backend _backend;
    private readonly long[] _strides;

    public FormulaInput(Shape shape, StreamKey key, Backend backend)
    {
        (_shape, _key, _backend) = (shape, key, backend);
        _strides = new long[shape.Rank];
        long stride = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--) (_strides[axis], stride) = (stride, stride * shape[axis]);
    }

    /// <param name="scratch">At least as long as <paramref name="target"/>.</param>
    public void Load(FormulaVariable variable, long first, Span<double> target, Span<float> scratch)
    {
        switch (variable)
        {
            case FormulaVariable.Index:
                for (int i = 0; i < target.Length; i++) target[i] = first + i;
                break;
            case FormulaVariable.U: Draws(in s_uniform, first, target, scratch); break;
            case FormulaVariable.Z: Draws(in s_normal, first, target, scratch); break;
            case FormulaVariable.U2: Draws(in s_secondUniform, first, target, scratch); break;
            case FormulaVariable.Z2: Draws(in s_secondNormal, first, target, scratch); break;
            default: Indices(FormulaVariables.Axis(variable), first, target); break;
        }
    }

    private void Draws(in Draw draw, long first, Span<double> target, Span<float> scratch)
    {
        Span<float> values = scratch[..target.Length];
        _backend.Fill(_key, in draw, DType.F32, first, target.Length, MemoryMarshal.AsBytes(values));
        for (int i = 0; i < target.Length; i++) target[i] = values[i];
    }

    private void Indices(int axis, long first, Span<double> target)
    {
        (long index, long inside) = Math.DivRem(first, _strides[axis]);
        index %= _shape[axis];
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = index;
            if (++inside < _strides[axis]) continue;
            inside = 0;
            if (++index == _shape[axis]) index = 0;
        }
    }
}
