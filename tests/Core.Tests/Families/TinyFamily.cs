using System.Runtime.CompilerServices;
using ShardInit.Families;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Families;

/// <summary>tiny: q, k and v in one stored tensor, a feed-forward without gate, a head that may be tied.</summary>
internal static class TinyFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("tiny", ["TinyForCausalLM"], Describe) { Base = new BaseModel("TinyModel", "tiny.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        // 1. Read the keys, with the defaults of the library's configuration class. All mistakes are reported together.
        long hidden = config.Size("hidden_size", 64);
        long vocabulary = config.Size("vocab_size", 1000);
        int layers = config.Layers("num_layers", 2);
        bool tied = config.Flag("tie_word_embeddings", true);
        config.Number("initializer_range", 0.02);

        // 2. Add the tensors: name in the checkpoint, [out, in], class of the module that owns it, place in the file order.
        new Scope(model, "tiny.", LayerGroup.Embedding).Embedding("embed", vocabulary, hidden, config.PaddingRow("pad_token_id", vocabulary));
        Packing joined = Packing.Rows(hidden, hidden, hidden, hidden);
        for (int number = 0; number < layers; number++)
        {
            Scope layer = Scope.OfLayer(model, $"tiny.layers.{number}.", number);
            layer.LayerNorm("norm", hidden);
            layer.Packed("attention.qkv.weight", joined, "Linear", "attention.q.weight", "attention.k.weight", "attention.v.weight");
            layer.Linear("attention.out", hidden, hidden, bias: true);
            layer.Linear("up", config.Product("4 x hidden_size", 4, hidden), hidden, bias: true);
            layer.Linear("down", hidden, config.Product("4 x hidden_size", 4, hidden), bias: true);
        }

        // 3. What has the values of something else is tied, not added.
        if (tied) model.Tie("head.weight", "tiny.embed.weight");
        else model.Add("head.weight", [vocabulary, hidden], "Linear", LayerGroup.Head);
        return layers;
    }
}
