using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>mamba2: state-space layers; in_proj stays whole (rows z, x, B, C, dt). The gated norm is there whatever rms_norm says. No padding row.</summary>
internal static class Mamba2Family
{
    private const string Mixer = "Parameter:Mamba2Mixer";

    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("mamba2", ["Mamba2ForCausalLM"], Describe) { Base = new BaseModel("Mamba2Model", "backbone.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        long hidden = config.Size("hidden_size", 4096);
        long heads = config.Size("num_heads", 128);
        long headSize = config.Size("head_dim", 64);
        long groups = config.Size("n_groups", 8);
        long state = config.Size("state_size", 128);
        long kernel = config.Size("conv_kernel", 4);
        long vocabulary = config.Size("vocab_size", 32768);
        int layers = config.Layers("num_hidden_layers", 64);
        bool bias = config.Flag("use_bias", false);
        bool convolutionBias = config.Flag("use_conv_bias", true);
        config.Flag("rescale_prenorm_residual", false);
        config.Number("initializer_range", 0.1);
        config.Number("time_step_min", 0.001);
        config.Number("time_step_max", 0.1);
        config.Number("time_step_floor", 0.0001);
        // The library asks for expand x hidden_size = num_heads x head_dim.
        long inner = config.Product("num_heads x head_dim", heads, headSize);
        long expand = config.Size("expand", 2);
        if ((Int128)expand * hidden != inner) config.Misfit($"expand x hidden_size = {expand} x {hidden} is not num_heads x head_dim = {heads} x {headSize}");
        long convolved = config.Sum("num_heads x head_dim + 2 x n_groups x state_size", inner, config.Product("2 x n_groups x state_size", 2, config.Product("n_groups x state_size", groups, state)));
        long projected = config.Sum("in_proj rows", config.Sum("in_proj rows", inner, convolved), heads);

        new Scope(model, "backbone.", LayerGroup.Embedding).Embedding("embeddings", vocabulary, hidden);
        for (int number = 0; number < layers; number++)
        {
            Scope layer = Scope.OfLayer(model, $"backbone.layers.{number}.", number);
            layer.Norm("norm", hidden, "Mamba2RMSNorm");
            Scope mixer = layer.In("mixer");
            mixer.Linear("in_proj", projected, hidden, bias);
            mixer.Add("conv1d.weight", [convolved, 1, kernel], "Conv1d");
            if (convolutionBias) mixer.Add("conv1d.bias", [convolved], "Conv1d");
            mixer.Add("dt_bias", [heads], Mixer);
            mixer.Add("A_log", [heads], Mixer);
            mixer.Add("D", [heads], Mixer);
            mixer.Norm("norm", inner, "MambaRMSNormGated");
            mixer.Linear("out_proj", hidden, inner, bias);
        }
        model.Add("backbone.norm_f.weight", [hidden], "Mamba2RMSNorm", LayerGroup.Head);
        if (config.Flag("tie_word_embeddings", false)) model.Tie("lm_head.weight", "backbone.embeddings.weight");
        else model.Add("lm_head.weight", [vocabulary, hidden], "Linear", LayerGroup.Head);
        return layers;
    }
}
