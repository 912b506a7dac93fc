using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// gpt2: Conv1D weights are stored [in, out], q, k and v side by side in one. Logical tensors are q_proj, k_proj, v_proj, c_proj and c_fc in torch orientation. With add_cross_attention
/// each layer has a second attention, whose keys and values come from elsewhere. No padding row, whatever pad_token_id says.
/// </summary>
internal static class Gpt2Family
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("gpt2", ["GPT2LMHeadModel"], Describe) { Base = new BaseModel("GPT2Model", "transformer.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        long hidden = config.Size(config.Either("n_embd", "hidden_size"), 768);
        int layers = config.Layers(config.Either("n_layer", "num_hidden_layers"), 12);
        long inner = config.DerivedSize("n_inner", () => config.Product("4 x n_embd", 4, hidden));
        long vocabulary = config.Size("vocab_size", 50257);
        bool crosses = config.Flag("add_cross_attention", false);
        config.Number("initializer_range", 0.02);

        Scope embeddings = new(model, "transformer.", LayerGroup.Embedding);
        embeddings.Embedding("wte", vocabulary, hidden);
        embeddings.Embedding("wpe", config.Size(config.Either("n_positions", "max_position_embeddings"), 1024), hidden);
        Conv1D one = new(hidden, hidden), two = new(hidden, hidden, hidden), three = new(hidden, hidden, hidden, hidden), up = new(hidden, inner), down = new(inner, hidden);
        for (int number = 0; number < layers; number++)
        {
            Scope layer = Scope.OfLayer(model, $"transformer.h.{number}.", number);
            layer.LayerNorm("ln_1", hidden);
            three.Add(layer.In("attn"), "c_attn", "q_proj", "k_proj", "v_proj");
            one.Add(layer.In("attn"), "c_proj", "c_proj");
            layer.LayerNorm("ln_2", hidden);
            up.Add(layer.In("mlp"), "c_fc", "c_fc");
            down.Add(layer.In("mlp"), "c_proj", "c_proj");
            if (!crosses) continue;
            one.Add(layer.In("crossattention"), "q_attn", "q_proj");
            two.Add(layer.In("crossattention"), "c_attn", "k_proj", "v_proj");
            one.Add(layer.In("crossattention"), "c_proj", "c_proj");
            layer.LayerNorm("ln_cross_attn", hidden);
        }
        new Scope(model, "transformer.", LayerGroup.Head).LayerNorm("ln_f", hidden);
        if (config.Flag("tie_word_embeddings", true)) model.Tie("lm_head.weight", "transformer.wte.weight");
        else model.Add("lm_head.weight", [vocabulary, hidden], "Linear", LayerGroup.Head);
        return layers;
    }

    /// <summary>A turned weight [in, out] and a bias [out] that hold one or more projections.</summary>
    private sealed class Conv1D(long inputs, params long[] outputs)
    {
        private readonly Packing _weight = Packing.Turned(inputs, outputs);
        private readonly Packing _bias = Packing.Rows(null, outputs);

        public void Add(Scope scope, string name, params string[] projections)
        {
            scope.Packed($"{name}.weight", _weight, "Conv1D", [.. projections.Select(projection => $"{projection}.weight")]);
            scope.Packed($"{name}.bias", _bias, "Conv1D", [.. projections.Select(projection => $"{projection}.bias")]);
        }
    }
}
