using System.Text;
using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>The public entry points with real plans and their plan.json, instead of those of <see cref="TestPlans"/>.</summary>
public class RealPlanTests
{
    private static Plan Create(TestDirectory inputs, ulong seed)
    {
        File.WriteAllText(inputs.File("table.json"), """
            {"tensors": [
              {"name": "embed.weight", "shape": [300, 40], "dtype": "BF16", "kind": "Embedding"},
              {"name": "layers.0.w", "shape": [64, 48, 3], "dtype": "F32", "kind": "Conv1d", "layer": 0},
              {"name": "layers.1.w", "shape": [64, 48, 3], "dtype": "F32", "kind": "Conv1d", "layer": 1},
              {"name": "scale", "shape": [], "dtype": "F32"},
              {"name": "none", "shape": [0, 7], "dtype": "F16"}]}
            """);
        File.WriteAllText(inputs.File("recipe.yaml"), "name: mine\nrules:\n  - match: \"*\"\n    init: normal\n    args: {mean: 0, std: 0.02}\n");
        return Planner.Create(new PlanRequest { Model = inputs.File("table.json"), Recipe = inputs.File("recipe.yaml"), Seed = seed, TileBytes = 8192, ShardBytes = 16384 });
    }

    private static void Init(string directory, Plan plan)
    {
        using CheckpointWriter writer = CheckpointWriter.Open(directory, plan);
        TestDirectory.WriteMissing(writer);
        writer.Seal();
    }

    [Fact]
    public void Write_read_verify()
    {
        using TestDirectory inputs = new(), directory = new();
        Plan plan = Create(inputs, 42);
        Init(directory.Path, plan);
        Assert.True(plan.Files.Length > 3);

        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        Assert.Equal(plan.PlanId, checkpoint.Plan.PlanId);
        Assert.Equal(plan.PlanId, checkpoint.Manifest!.PlanId);
        FakeSource source = new(checkpoint.Plan);
        for (int tensor = 0; tensor < checkpoint.Plan.Tensors.Length; tensor++)
        {
            using MemoryStream stream = new();
            StoredTensor stored = checkpoint.Plan.Tensors[tensor];
            checkpoint.ReadSlice(stored.Name, [.. stored.Shape.Dims.Select(dim => new AxisRange(0, dim, 1))], stream);
            Assert.Equal(source.Tensor(tensor), stream.ToArray());
        }
        using TileBuffer buffer = new(1 << 16);
        Assert.Empty(ShardVerifier.VerifyDirectory(directory.Path, checkpoint.Plan, CancellationToken.None));
        for (int file = 0; file < checkpoint.Plan.Files.Length; file++)
        {
            Assert.Empty(ShardVerifier.VerifyFile(directory.Path, checkpoint.Plan, file, checkpoint.Manifest, source, buffer, CancellationToken.None));
        }
    }

    [Fact]
    public void Another_seed_is_refused_with_its_difference()
    {
        using TestDirectory inputs = new(), directory = new();
        Init(directory.Path, Create(inputs, 42));
        PlanException error = Assert.Throws<PlanException>(() => CheckpointWriter.Open(directory.Path, Create(inputs, 43)));
        Assert.Contains("42", error.Message, StringComparison.Ordinal);
        Assert.Contains("43", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Every byte of plan.json changed once: refused by its reader, or told apart by the manifest's digest.</summary>
    [Fact]
    public void Every_changed_byte_of_the_plan_is_found()
    {
        using TestDirectory inputs = new(), directory = new(inMemory: true);
        Init(directory.Path, Create(inputs, 42));
        string path = directory.File("plan.json");
        byte[] good = File.ReadAllBytes(path);
        int read = 0;
        for (int at = 0; at < good.Length; at++)
        {
            byte[] changed = [.. good];
            changed[at] ^= 1;
            File.WriteAllBytes(path, changed);
            Assert.Throws<ShardFormatException>(() => Checkpoint.Open(directory.Path));
            try
            {
                using Checkpoint checkpoint = Checkpoint.OpenTolerant(directory.Path);
                Assert.Contains(ShardVerifier.VerifyDirectory(directory.Path, checkpoint.Plan, CancellationToken.None), defect => defect.Kind == DefectKinds.PlanMismatch);
                read++;
            }
            catch (ShardFormatException)
            {
                // The plan itself cannot be read: verify has nothing to compare with and says so.
            }
        }
        Assert.InRange(read, 50, good.Length / 2);
    }

    [Fact]
    public void Repair_puts_back_a_plan_that_differs_in_white_space_only()
    {
        using TestDirectory inputs = new(), directory = new();
        Init(directory.Path, Create(inputs, 42));
        string[] before = directory.Listing();
        string path = directory.File("plan.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("{\n", "{ ", StringComparison.Ordinal), new UTF8Encoding(false));
        Assert.NotEqual(before, directory.Listing());
        using CheckpointWriter writer = CheckpointWriter.Open(directory.Path);
        ShardRepair.RewriteIndexAndManifest(writer);
        Assert.Equal(before, directory.Listing());
    }
}
