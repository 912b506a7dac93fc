using System.Runtime.InteropServices;
using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

/// <summary>
/// A layout moves values and changes none: each stored element is compared with the logical one that it has to be, by index arithmetic written down here a second time.
/// Every tensor is drawn, so that no two values agree by chance.
/// </summary>
public sealed class LayoutTests
{
    private const string Sizes = "\"hidden_size\": 24, \"intermediate_size\": 40, \"num_hidden_layers\": 2, \"num_attention_heads\": 4, \"vocab_size\": 60";
    private const string Recipe = "name: all\nrules:\n  - match: \"*\"\n    init: normal\n    args: {std: 0.5}\n";

    [Fact]
    public void FusedExpertsOfMixtral()
    {
        string config = $$"""{"model_type": "mixtral", "num_key_value_heads": 2, "num_local_experts": 3, {{Sizes}}}""";
        Values files = new(config);
        Values memory = new(config, ModelOptions.HuggingFaceFused);
        Assert.Equal(files.Plan.ValuesId, memory.Plan.ValuesId);
        foreach (int layer in (int[])[0, 1])
        {
            string stored = $"model.layers.{layer}.block_sparse_moe.experts.";
            float[] Weight(long expert, string name) => files.Stored($"{stored}{expert}.{name}.weight");
            memory.AssertStored($"model.layers.{layer}.mlp.experts.gate_up_proj", [3, 80, 24], at => at[1] < 40
                ? Weight(at[0], "w1")[(at[1] * 24) + at[2]]
                : Weight(at[0], "w3")[((at[1] - 40) * 24) + at[2]]);
            memory.AssertStored($"model.layers.{layer}.mlp.experts.down_proj", [3, 24, 40], at => Weight(at[0], "w2")[(at[1] * 40) + at[2]]);
        }
    }

    [Fact]
    public void TurnedAndInterleavedExpertsOfGptOss()
    {
        Values values = new($$"""{"model_type": "gpt_oss", "num_key_value_heads": 2, "head_dim": 6, "num_local_experts": 3, {{Sizes}}}""");
        foreach (int layer in (int[])[0, 1])
        {
            string experts = $"model.layers.{layer}.mlp.experts.";
            float[] Of(long expert, string name) => values.Logical($"{experts}{expert}.{name}");
            // x @ W with W [E, H, 2I]: column 2i is row i of gate, column 2i + 1 row i of up.
            values.AssertStored($"{experts}gate_up_proj", [3, 24, 80], at => Of(at[0], at[2] % 2 == 0 ? "gate_proj.weight" : "up_proj.weight")[(at[2] / 2 * 24) + at[1]]);
            values.AssertStored($"{experts}gate_up_proj_bias", [3, 80], at => Of(at[0], at[1] % 2 == 0 ? "gate_proj.bias" : "up_proj.bias")[at[1] / 2]);
            values.AssertStored($"{experts}down_proj", [3, 40, 24], at => Of(at[0], "down_proj.weight")[(at[2] * 40) + at[1]]);
            values.AssertStored($"{experts}down_proj_bias", [3, 24], at => Of(at[0], "down_proj.bias")[at[1]]);
        }
    }

    // The logical tensors of phi3 are those of llama: so is every value.
    [Fact]
    public void JoinedProjectionsOfPhi3AreThoseOfLlama()
    {
        Values phi = new($$"""{"model_type": "phi3", "num_key_value_heads": 2, "pad_token_id": null, {{Sizes}}}""");
        Values llama = new($$"""{"model_type": "llama", "num_key_value_heads": 2, {{Sizes}}}""");
        Assert.Equal(llama.Plan.ValuesId, phi.Plan.ValuesId);
        foreach (int layer in (int[])[0, 1])
        {
            string prefix = $"model.layers.{layer}.";
            float[] Of(string name) => llama.Stored($"{prefix}{name}.weight");
            phi.AssertStored($"{prefix}self_attn.qkv_proj.weight", [48, 24], at => at[0] switch
            {
                < 24 => Of("self_attn.q_proj")[(at[0] * 24) + at[1]],
                < 36 => Of("self_attn.k_proj")[((at[0] - 24) * 24) + at[1]],
                _ => Of("self_attn.v_proj")[((at[0] - 36) * 24) + at[1]],
            });
            phi.AssertStored($"{prefix}mlp.gate_up_proj.weight", [80, 24], at => Of(at[0] < 40 ? "mlp.gate_proj" : "mlp.up_proj")[(at[0] % 40 * 24) + at[1]]);
        }
    }

    [Fact]
    public void GroupedHeadsOfGptNeox()
    {
        Values values = new($$"""{"model_type": "gpt_neox", {{Sizes}}}""");
        foreach (int layer in (int[])[0, 1])
        {
            string attention = $"gpt_neox.layers.{layer}.attention.";
            // Rows: head, then q, k, v, then the 6 rows of a head.
            string[] projections = ["query", "key", "value"];
            float Of(long row, long column, long columns, string what) => values.Logical($"{attention}{projections[row / 6 % 3]}.{what}")[(((row / 18 * 6) + (row % 6)) * columns) + column];
            values.AssertStored($"{attention}query_key_value.weight", [72, 24], at => Of(at[0], at[1], 24, "weight"));
            values.AssertStored($"{attention}query_key_value.bias", [72], at => Of(at[0], 0, 1, "bias"));
        }
    }

    [Fact]
    public void TurnedWeightsOfGpt2()
    {
        Values values = new("""{"model_type": "gpt2", "n_embd": 24, "n_layer": 2, "n_head": 4, "vocab_size": 60, "n_positions": 32, "add_cross_attention": true, "is_decoder": true}""");
        foreach (int layer in (int[])[0, 1])
        {
            string block = $"transformer.h.{layer}.";
            float[] Of(string name) => values.Logical(block + name);
            string[] projections = ["q_proj", "k_proj", "v_proj"];
            values.AssertStored($"{block}attn.c_attn.weight", [24, 72], at => Of($"attn.{projections[at[1] / 24]}.weight")[(at[1] % 24 * 24) + at[0]]);
            values.AssertStored($"{block}attn.c_attn.bias", [72], at => Of($"attn.{projections[at[0] / 24]}.bias")[at[0] % 24]);
            values.AssertStored($"{block}attn.c_proj.weight", [24, 24], at => Of("attn.c_proj.weight")[(at[1] * 24) + at[0]]);
            values.AssertStored($"{block}mlp.c_fc.weight", [24, 96], at => Of("mlp.c_fc.weight")[(at[1] * 24) + at[0]]);
            values.AssertStored($"{block}mlp.c_proj.weight", [96, 24], at => Of("mlp.c_proj.weight")[(at[1] * 96) + at[0]]);
            values.AssertStored($"{block}crossattention.c_attn.weight", [24, 48], at => Of($"crossattention.{projections[1 + (at[1] / 24)]}.weight")[(at[1] % 24 * 24) + at[0]]);
            values.AssertStored($"{block}crossattention.q_attn.weight", [24, 24], at => Of("crossattention.q_proj.weight")[(at[1] * 24) + at[0]]);
        }
    }

    // Everything that is packed goes through plan.json and back, with the same ids and parts.
    [Theory]
    [InlineData("""{"model_type": "mixtral", "num_key_value_heads": 2, "num_local_experts": 3, SIZES}""", ModelOptions.HuggingFaceFused)]
    [InlineData("""{"model_type": "gpt_oss", "num_key_value_heads": 2, "head_dim": 6, "num_local_experts": 3, SIZES}""", ModelOptions.HuggingFace)]
    [InlineData("""{"model_type": "gpt_neox", SIZES}""", ModelOptions.HuggingFace)]
    [InlineData("""{"model_type": "gpt2", "n_embd": 24, "n_layer": 2, "n_head": 4}""", ModelOptions.HuggingFace)]
    public void PackedPlansAreReadBack(string config, string layout)
    {
        Plan plan = new Values(config.Replace("SIZES", Sizes, StringComparison.Ordinal), layout).Plan;
        Plan again = PlanJson.Read(PlanJson.Write(plan), "plan.json");
        Assert.Equal(plan.PlanId, again.PlanId);
        Assert.Equal(PlanJson.Write(plan), PlanJson.Write(again));
        Assert.Equal(PlanSummary.Of(plan), PlanSummary.Of(again));
    }

    private sealed class Values
    {
        private readonly PlanValues _values;
        private readonly PlanValues _logical;
        private readonly Dictionary<string, float[]> _cache = [];

        public Values(string config, string layout = ModelOptions.HuggingFace)
        {
            using Workspace workspace = new();
            Plan = Planner.Create(new PlanRequest
            {
                Model = workspace.Write("config.json", config), Recipe = workspace.Write("recipe.yaml", Recipe), Seed = 7, DType = DType.F32, Options = new ModelOptions { LayoutOf = layout },
            });
            _values = new PlanValues(Plan);
            _logical = new PlanValues(Plan with
            {
                Tensors = [.. Plan.Logical.Select((tensor, index) => new StoredTensor(tensor.Name, DType.F32, tensor.Shape, null, false, LayerGroup.Head, [Part.Whole(index, tensor.Shape)]))],
            });
        }

        public Plan Plan { get; }

        public float[] Logical(string name) => All(_logical, name);

        public float[] Stored(string name) => All(_values, name);

        /// <summary>The whole tensor, and pieces of it with random ends, have the values of the reference.</summary>
        public void AssertStored(string name, long[] shape, Func<long[], float> reference)
        {
            int index = IndexOf(_values.Plan, name);
            Assert.Equal(shape, Plan.Tensors[index].Shape.Dims);
            float[] expected = new float[Plan.Tensors[index].Shape.ElementCount];
            long[] at = new long[shape.Length];
            for (long element = 0; element < expected.Length; element++)
            {
                long rest = element;
                for (int axis = shape.Length - 1; axis >= 0; axis--) (rest, at[axis]) = Math.DivRem(rest, shape[axis]);
                expected[element] = reference(at);
            }
            Assert.Equal(expected, Stored(name));
            // A wrong place shows: hardly any two draws are equal.
            Assert.True(expected.Distinct().Count() > 0.98 * expected.Length);
            System.Random random = new(3);
            for (int round = 0; round < 20; round++)
            {
                int first = random.Next(expected.Length);
                float[] piece = new float[random.Next(1, expected.Length - first + 1)];
                _values.Fill(index, first, piece.Length, MemoryMarshal.AsBytes(piece.AsSpan()));
                Assert.Equal(expected[first..(first + piece.Length)], piece);
            }
        }

        private float[] All(PlanValues values, string name)
        {
            string key = $"{ReferenceEquals(values, _values)} {name}";
            if (_cache.TryGetValue(key, out float[]? known)) return known;
            int index = IndexOf(values.Plan, name);
            float[] all = new float[values.Plan.Tensors[index].Shape.ElementCount];
            values.Fill(index, 0, all.Length, MemoryMarshal.AsBytes(all.AsSpan()));
            return _cache[key] = all;
        }

        private static int IndexOf(Plan plan, string name)
        {
            int index = Enumerable.Range(0, plan.Tensors.Length).FirstOrDefault(i => plan.Tensors[i].Name == name, -1);
            Assert.True(index >= 0, name);
            return index;
        }
    }
}
