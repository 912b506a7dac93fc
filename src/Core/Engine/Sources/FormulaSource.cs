using System.Buffers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;
using ShardInit.Recipes;

namespace ShardInit.Engine;

/// <summary>
/// The values of a formula (docs/determinism.md, "Formulas"), some hundred elements at a time: each step of the program runs over all of them. Slow steps that are
/// the same in every row are computed once a run.
/// </summary>
internal sealed class FormulaSource(FormulaProgram program, Shape shape, StreamKey key, Backend backend, ValueEncoder encoder) : ElementSource
{
    private const int Chunk = 512;

    /// <summary>Longest row whose slow steps are computed once and kept.</summary>
    private const long MaxColumns = 1 << 16;

    private readonly FormulaInput _input = new(shape, key, backend);

    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        if (count == 0) return;
        long rowLength = shape.Rank == 0 ? 1 : shape[shape.Rank - 1];
        bool keepsColumns = !program.Columns.IsEmpty && count >= 2 * rowLength && rowLength <= MaxColumns;
        double[] work = ArrayPool<double>.Shared.Rent(program.Steps.Length * Chunk);
        double[]? columns = keepsColumns ? ArrayPool<double>.Shared.Rent(program.Columns.Length * (int)rowLength) : null;
        try
        {
            Span<float> scratch = stackalloc float[Chunk];
            if (columns is not null) Columns(columns, (int)rowLength, work, scratch);
            int size = dtype.ByteSize();
            for (long done = 0; done < count;)
            {
                int take = (int)Math.Min(Chunk - ((first + done) % Chunk), count - done);
                if (columns is null)
                {
                    foreach (int step in program.All) Compute(step, first + done, take, work, scratch);
                }
                else
                {
                    for (int column = 0; column < program.Columns.Length; column++)
                        Repeat(columns.AsSpan(column * (int)rowLength, (int)rowLength), (int)((first + done) % rowLength), work.AsSpan(program.Columns[column] * Chunk, take));
                    foreach (int step in program.BesideColumns) Compute(step, first + done, take, work, scratch);
                }
                encoder.Encode(work.AsSpan((program.Steps.Length - 1) * Chunk, take), dtype, first + done, scratch, destination.Slice((int)(done * size), take * size));
                done += take;
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(work);
            if (columns is not null) ArrayPool<double>.Shared.Return(columns);
        }
    }

    /// <summary>The kept steps over one row: elements [0, rowLength) have the indices of every row.</summary>
    private void Columns(double[] columns, int rowLength, double[] work, Span<float> scratch)
    {
        var needed = program.Needed(program.Columns);
        for (int start = 0; start < rowLength; start += Chunk)
        {
            int take = Math.Min(Chunk, rowLength - start);
            foreach (int step in needed) Compute(step, start, take, work, scratch);
            for (int column = 0; column < program.Columns.Length; column++)
                work.AsSpan(program.Columns[column] * Chunk, take).CopyTo(columns.AsSpan((column * rowLength) + start, take));
        }
    }

    private static void Repeat(ReadOnlySpan<double> row, int from, Span<double> target)
    {
        while (!target.IsEmpty)
        {
            int length = Math.Min(row.Length - from, target.Length);
            row.Slice(from, length).CopyTo(target);
            target = target[length..];
            from = 0;
        }
    }

    private void Compute(int number, long first, int count, double[] work, Span<float> scratch)
    {
        FormulaStep step = program.Steps[number];
        Span<double> result = work.AsSpan(number * Chunk, count);
        ReadOnlySpan<double> a = work.AsSpan(step.A * Chunk, count), b = work.AsSpan(step.B * Chunk, count), c = work.AsSpan(step.C * Chunk, count);
        switch (step.Operation)
        {
            case FormulaOperation.Literal: result.Fill(step.Value); break;
            case FormulaOperation.Variable: _input.Load(step.Variable, first, result, scratch); break;
            case FormulaOperation.Negative: for (int i = 0; i < result.Length; i++) result[i] = -a[i]; break;
            case FormulaOperation.Add: for (int i = 0; i < result.Length; i++) result[i] = a[i] + b[i]; break;
            case FormulaOperation.Subtract: for (int i = 0; i < result.Length; i++) result[i] = a[i] - b[i]; break;
            case FormulaOperation.Multiply: for (int i = 0; i < result.Length; i++) result[i] = a[i] * b[i]; break;
            case FormulaOperation.Divide: for (int i = 0; i < result.Length; i++) result[i] = a[i] / b[i]; break;
            case FormulaOperation.If: for (int i = 0; i < result.Length; i++) result[i] = a[i] != 0 ? b[i] : c[i]; break;
            default: for (int i = 0; i < result.Length; i++) result[i] = FormulaOperations.Apply(step.Operation, a[i], b[i]); break;
        }
    }
}
