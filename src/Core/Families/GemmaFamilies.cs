using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>
/// gemma2 and gemma3_text: four norms a layer, which multiply by 1 + weight, head_dim 256 and a tied head where the keys are missing; gemma3 also normalizes each head of q and k.
/// </summary>
internal static class GemmaFamilies
{
    [ModuleInitializer]
    internal static void Register()
    {
        FamilyCatalogue.Register(new Family("gemma2", ["Gemma2ForCausalLM"], (config, model) => Describe(config, model, "Gemma2", 256000, queryKeyNorm: false))
        {
            Base = new BaseModel("Gemma2Model", "model."),
        });
        FamilyCatalogue.Register(new Family("gemma3_text", ["Gemma3ForCausalLM"], (config, model) => Describe(config, model, "Gemma3", 262208, queryKeyNorm: true))
        {
            Base = new BaseModel("Gemma3TextModel", "model."),
        });
    }

    private static int Describe(ConfigReader config, ModelBuilder model, string name, long vocabulary, bool queryKeyNorm)
    {
        Decoder decoder = Decoder.Read(config, $"{name}RMSNorm", vocabulary, intermediate: 9216, hiddenSize: 2304, attentionHeads: 8, layers: 26, tied: true, paddingToken: 0,
            keyValueHeads: _ => config.SizeOrNull("num_key_value_heads", 4, ifNull: null), headSize: (_, _) => config.SizeOrNull("head_dim", 256, ifNull: null));
        bool attentionBias = config.Flag("attention_bias", false);
        return (decoder with
        {
            Embedding = $"{name}TextScaledWordEmbedding",
            FourNorms = true,
            QueryKeyValueBias = attentionBias,
            OutputBias = attentionBias,
            QueryKeyNorm = queryKeyNorm,
        }).Describe(config, model);
    }
}
