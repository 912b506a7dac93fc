using System.Buffers;
using System.Globalization;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>Values by code of the user, a few thousand at a time.</summary>
internal sealed class PluginSource(IInitializer initializer, Plugin plugin, LogicalTensor tensor, StreamKey key, Backend backend) : ElementSource
{
    private const int Chunk = 4096;

    /// <exception cref="PlanException">A value that the dtype cannot hold, or an exception of the user's code.</exception>
    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        int size = dtype.ByteSize();
        double limit = Math.Min(dtype.MaxFinite(), float.MaxValue);
        float[] rented = ArrayPool<float>.Shared.Rent(Chunk);
        try
        {
            for (long done = 0; done < count;)
            {
                int take = (int)Math.Min(Chunk - ((first + done) % Chunk), count - done);
                Span<float> values = rented.AsSpan(0, take);
                values.Clear();
                Call(first + done, values);
                for (int i = 0; i < take; i++)
                {
                    if (!(Math.Abs(values[i]) <= limit))
                        throw new PlanException(string.Create(CultureInfo.InvariantCulture, $"tensor {Problems.Quote(tensor.Name)}: {plugin.Type} gave {values[i]:R} for element {first + done + i}, which is no finite {dtype.Name()}"));
                }
                backend.Encode(values, dtype, destination.Slice((int)(done * size), take * size));
                done += take;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    private void Call(long first, Span<float> values)
    {
        try
        {
            initializer.Fill(new ElementRun(plugin, tensor.Shape, key, backend, first, values.Length), values);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new PlanException($"tensor {Problems.Quote(tensor.Name)}: the plug-in {plugin.Type} failed at elements {first} to {first + values.Length - 1}: {error.GetType().Name}: {error.Message}");
        }
    }
}
