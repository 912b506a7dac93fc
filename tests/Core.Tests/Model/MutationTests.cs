using System.Text;
using ShardInit.Errors;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Model;

/// <summary>Good inputs with a few random changes give a plan or a list of problems, never another exception. A failure shows the input.</summary>
public sealed class MutationTests
{
    private const int Rounds = 1000;
    private const string Everything = "name: z\nrules:\n- {match: '*', init: zeros}\n";

    private static readonly string[] s_pieces =
        ["99999999999999999999", "-1", "1e308", "null", "true", "\\ud800", "[[[[", "{{{{", "0.5", "{", "}", "[", "]", "\"", ",", ":", "'", "&", "*", "!", "|", ">", "#", "?", "%", "@", " ", "\n", "\t", "\u0001"];

    private static byte[] Example(string path) => File.ReadAllBytes(Path.Combine(Golden.Repository, "examples", path));

    private static byte[] Mutate(byte[] good, System.Random random)
    {
        List<byte> bytes = [.. good];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveAt(at); break;
                case 2: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(20, bytes.Count - at))); break;
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)])); break;
            }
        }
        return [.. bytes];
    }

    private static void Run(byte[] good, int seed, Func<Workspace, byte[], PlanRequest> request)
    {
        System.Random random = new(seed);
        using Workspace workspace = new();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Mutate(good, random);
            try
            {
                Assert.NotEmpty(Planner.Create(request(workspace, bytes)).Tensors);
            }
            catch (PlanException refusal)
            {
                Assert.NotEmpty(refusal.Problems);
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"round {round}: {error.GetType().Name}: {error.Message}\n{Convert.ToHexString(bytes)}");
            }
        }
    }

    [Fact]
    public void Configurations() => Run(Example("llama-3.2-1b/config.json"), 1, (workspace, bytes) => new PlanRequest { Model = workspace.Write("m.json", bytes) });

    [Fact]
    public void Tables() => Run(Example("conv-table/model.json"), 2, (workspace, bytes) => new PlanRequest { Model = workspace.Write("m.json", bytes), Recipe = workspace.Write("r.yaml", Everything) });

    [Fact]
    public void Recipes() => Run(Example("conv-table/recipe.yaml"), 3, (workspace, bytes) => new PlanRequest
    {
        Model = workspace.Write("m.json", Example("conv-table/model.json")), Recipe = workspace.Write("r.yaml", bytes),
    });

    [Fact]
    public void Headers()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"b": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}""");
        byte[] header = [(byte)json.Length, 0, 0, 0, 0, 0, 0, 0, .. json, 1, 2, 3, 4];
        Run(header, 4, (workspace, bytes) => new PlanRequest { Model = workspace.Write("m.safetensors", bytes), Recipe = workspace.Write("r.yaml", Everything) });
    }
}
