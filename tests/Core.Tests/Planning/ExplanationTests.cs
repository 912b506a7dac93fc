using System.Runtime.InteropServices;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class ExplanationTests
{
    private const string Sizes = "\"hidden_size\": 24, \"intermediate_size\": 40, \"num_hidden_layers\": 2, \"num_attention_heads\": 4, \"vocab_size\": 60";

    public static TheoryData<string, string, string> Plans => new()
    {
        { $$"""{"model_type": "llama", "pad_token_id": 3, "torch_dtype": "bfloat16", {{Sizes}}}""", ModelOptions.HuggingFace, "init: normal\n    args: {std: 0.5}" },
        { $$"""{"model_type": "mixtral", "num_key_value_heads": 2, "num_local_experts": 3, {{Sizes}}}""", ModelOptions.HuggingFaceFused, "init: uniform\n    args: {low: -1, high: 2}" },
        { $$"""{"model_type": "gpt_oss", "num_key_value_heads": 2, "head_dim": 6, "num_local_experts": 3, "torch_dtype": "float16", {{Sizes}}}""", ModelOptions.HuggingFace, "init: truncated_normal\n    args: {std: 0.5, low: -0.7, high: 1}" },
        { $$"""{"model_type": "gpt_neox", {{Sizes}}}""", ModelOptions.HuggingFace, "init: truncated_normal\n    args: {std: 0.5, low: 3, high: 4}" },
        { """{"model_type": "gpt2", "n_embd": 24, "n_layer": 1, "n_head": 4, "vocab_size": 60}""", ModelOptions.HuggingFace, "init: log_uniform\n    args: {low: 0.1, high: 10}" },
    };

    // What explain says an element is, is what is written.
    [Theory]
    [MemberData(nameof(Plans))]
    public void TheValueIsTheOneThatIsStored(string config, string layout, string init)
    {
        Plan plan = PlanOf(config, layout, init);
        PlanValues values = new(plan);
        System.Random random = new(11);
        for (int round = 0; round < 100; round++)
        {
            int tensor = random.Next(plan.Tensors.Length);
            StoredTensor stored = plan.Tensors[tensor];
            long element = random.NextInt64(stored.Shape.ElementCount);
            byte[] expected = new byte[stored.DType.ByteSize()];
            values.Fill(tensor, element, 1, expected);
            Explanation told = Explanation.Of(plan, tensor, element);
            Assert.Equal(expected, told.Bytes.AsEnumerable());
            Assert.Equal(plan.KeyOf(told.Logical), told.Key);
            Tile tile = plan.Files[told.Place.File].Tiles[told.Place.Tile];
            Assert.Equal(tensor, tile.Tensor);
            Assert.InRange(element, tile.FirstElement, tile.FirstElement + tile.ElementCount - 1);
            Assert.Equal(told.Place.LogicalElement, ElementPlace.ElementOf(told.Logical.Shape, told.Place.LogicalIndex.AsSpan()));
        }
    }

    // The word that is shown is the one that the value is made of (docs/determinism.md, "Uniform").
    [Fact]
    public void TheWordIsTheOneThatTheValueIsMadeOf()
    {
        Plan plan = PlanOf($$"""{"model_type": "llama", {{Sizes}}}""", ModelOptions.HuggingFace, "init: uniform\n    args: {low: -1, high: 2}");
        for (int element = 0; element < 200; element++)
        {
            Explanation told = Explanation.Of(plan, 1, element);
            ExplainedBlock block = Assert.Single(told.Blocks);
            Assert.Equal((0, 0), (block.Purpose, block.Attempt));
            float expected = MathF.FusedMultiplyAdd(block.Words[block.Own] >> 8, 3f / (1 << 24), -1f);
            Assert.Equal(expected, told.Single);
        }
    }

    [Fact]
    public void PaddingRowsConstantsAndFormulasAreTold()
    {
        Plan llama = PlanOf($$"""{"model_type": "llama", "pad_token_id": 3, {{Sizes}}}""", ModelOptions.HuggingFace, "init: normal\n    args: {std: 0.5}");
        int embedding = Enumerable.Range(0, llama.Tensors.Length).Single(i => llama.Tensors[i].Name == "model.embed_tokens.weight");
        Assert.True(Explanation.Of(llama, embedding, 3 * 24).IsZeroRow);
        Assert.Equal(0, Explanation.Of(llama, embedding, (3 * 24) + 23).Single);
        Assert.False(Explanation.Of(llama, embedding, 4 * 24).IsZeroRow);

        using Workspace workspace = new();
        Plan mamba = workspace.Plan("""{"model_type": "mamba2", "hidden_size": 24, "num_heads": 6, "head_dim": 8, "num_hidden_layers": 1, "n_groups": 1, "state_size": 4, "vocab_size": 60}""");
        Explanation Of(string name) => Explanation.Of(mamba, Enumerable.Range(0, mamba.Tensors.Length).Single(i => mamba.Tensors[i].Name == $"backbone.layers.0.mixer.{name}"), 2);
        Assert.Empty(Of("D").Blocks);
        Assert.Equal(1, Of("D").Single);
        Assert.Empty(Of("A_log").Blocks);
        Assert.Equal(MathF.Log(3), Of("A_log").Single!.Value, 6);
        Assert.Single(Of("dt_bias").Blocks);
        Assert.IsType<Expression>(Of("dt_bias").Init);
    }

    private static Plan PlanOf(string config, string layout, string init)
    {
        using Workspace workspace = new();
        return Planner.Create(new PlanRequest
        {
            Model = workspace.Write("config.json", config), Recipe = workspace.Write("recipe.yaml", $"name: all\nrules:\n  - match: \"*\"\n    {init}\n"), Seed = 7, TileBytes = 4096, ShardBytes = 16384,
            Options = new ModelOptions { LayoutOf = layout },
        });
    }
}
