using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>read</c>: a tensor or a slice of it, as a file that other programs open.</summary>
internal static class ReadCommand
{
    private const int ChunkBytes = 1 << 20;

    private static readonly Positional s_directory = new("DIR", "a directory that init has written");

    public static readonly CommandSpec Spec = new("read", "Write a stored tensor, or a slice of it, to a file or to standard output; each tile's digest is checked first.",
        "read /data/init --tensor model.norm.weight --out norm.npy", [s_directory], [Flags.Tensor, Flags.Slice, Flags.ValueFormat, Flags.OutFile], Run);

    private static int Run(Invocation given)
    {
        string directory = given.Word(s_directory);
        using Interruption interruption = new();
        Plan plan;
        using (Checkpoint checkpoint = CheckpointWord.Open(directory)) plan = checkpoint.Plan;
        int index = TensorNames.Find(plan, given.Get(Flags.Tensor)!, given.Terminal);
        StoredTensor tensor = plan.Tensors[index];
        TensorSlice slice = Slice(given, tensor);
        using TensorReader reader = new(directory, plan, index);
        string target = given.Get(Flags.OutFile)!;
        if (target == "-")
        {
            using BufferedStream output = new(given.Terminal.Output, 1 << 16);
            Write(given, reader, tensor, slice, output, interruption.Token);
            return ExitCode.Done;
        }
        using OutputFile file = new(target);
        Write(given, reader, tensor, slice, file.Stream, interruption.Token);
        file.Publish();
        return ExitCode.Done;
    }

    private static TensorSlice Slice(Invocation given, StoredTensor tensor)
    {
        if (given.Get(Flags.Slice) is not { } text) return TensorSlice.Whole(tensor.Shape);
        if (TensorSlice.TryParse(text, tensor.Shape, out TensorSlice slice, out IReadOnlyList<string> problems)) return slice;
        throw new UsageException([.. problems.Select(problem => $"--slice of '{tensor.Name}', shape {tensor.Shape}: {problem}")]);
    }

    private static void Write(Invocation given, TensorReader reader, StoredTensor tensor, TensorSlice slice, Stream target, CancellationToken cancel)
    {
        string format = given.Get(Flags.ValueFormat);
        target.Write(ValueFiles.Header(format, tensor.Name, tensor.DType, slice.Shape));
        if (!ValueFiles.Widens(format, tensor.DType))
        {
            reader.CopyTo(slice, target.Write, cancel);
            return;
        }
        byte[] wide = new byte[ChunkBytes * sizeof(float)];
        reader.CopyTo(slice, bytes =>
        {
            int length = bytes.Length / tensor.DType.ByteSize() * sizeof(float);
            ValueFiles.Widen(tensor.DType, bytes, wide);
            target.Write(wide, 0, length);
        }, cancel);
    }
}
