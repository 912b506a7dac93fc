using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// bert: encoder and its heads. Every class shares the logical names of the encoder (<c>bert.</c>); a pooler stands in BertModel, in the pre-training head and in the sequence classifier.
/// The language-model head ties its decoder's weight to the word embedding and its bias to <c>cls.predictions.bias</c>.
/// </summary>
internal static class BertFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("bert",
        ["BertForMaskedLM", "BertLMHeadModel", "BertForPreTraining", "BertForSequenceClassification", "BertForTokenClassification", "BertForQuestionAnswering"], Describe)
    {
        Base = new BaseModel("BertModel", "bert."),
    });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        long hidden = config.Size("hidden_size", 768);
        long heads = config.Size("num_attention_heads", 12);
        long inner = config.Size("intermediate_size", 3072);
        long vocabulary = config.Size("vocab_size", 30522);
        int layers = config.Layers("num_hidden_layers", 12);
        bool crosses = config.Flag("add_cross_attention", false);
        config.Number("initializer_range", 0.02);
        if (hidden % heads != 0) config.Misfit($"hidden_size {hidden} is no multiple of num_attention_heads {heads}");

        Scope embeddings = new(model, "bert.embeddings.", LayerGroup.Embedding);
        embeddings.Embedding("word_embeddings", vocabulary, hidden, config.PaddingRow("pad_token_id", vocabulary, 0));
        embeddings.Embedding("position_embeddings", config.Size("max_position_embeddings", 512), hidden);
        embeddings.Embedding("token_type_embeddings", config.Size("type_vocab_size", 2), hidden);
        embeddings.LayerNorm("LayerNorm", hidden);
        for (int number = 0; number < layers; number++)
        {
            Scope layer = Scope.OfLayer(model, $"bert.encoder.layer.{number}.", number);
            Attention(layer.In("attention"), hidden);
            if (crosses) Attention(layer.In("crossattention"), hidden);
            layer.Linear("intermediate.dense", inner, hidden, bias: true);
            layer.Linear("output.dense", hidden, inner, bias: true);
            layer.LayerNorm("output.LayerNorm", hidden);
        }
        DescribeHead(config, new Scope(model, "", LayerGroup.Head), hidden, vocabulary);
        return layers;
    }

    private static void Attention(Scope attention, long hidden)
    {
        foreach (string projection in (string[])["query", "key", "value"]) attention.Linear($"self.{projection}", hidden, hidden, bias: true);
        attention.Linear("output.dense", hidden, hidden, bias: true);
        attention.LayerNorm("output.LayerNorm", hidden);
    }

    private static void DescribeHead(ConfigReader config, Scope head, long hidden, long vocabulary)
    {
        if (config.Architecture is "BertModel" or "BertForPreTraining" or "BertForSequenceClassification") head.Linear("bert.pooler.dense", hidden, hidden, bias: true);
        switch (config.Architecture)
        {
            case "BertForSequenceClassification" or "BertForTokenClassification": head.Linear("classifier", config.Labels(), hidden, bias: true); break;
            case "BertForQuestionAnswering": head.Linear("qa_outputs", config.Labels(), hidden, bias: true); break;
            case "BertForMaskedLM" or "BertLMHeadModel" or "BertForPreTraining":
                Predictions(config, head, hidden, vocabulary);
                if (config.Architecture == "BertForPreTraining") head.Linear("cls.seq_relationship", 2, hidden, bias: true);
                break;
        }
    }

    private static void Predictions(ConfigReader config, Scope head, long hidden, long vocabulary)
    {
        head.Add("cls.predictions.bias", [vocabulary], "Parameter:BertLMPredictionHead");
        head.Linear("cls.predictions.transform.dense", hidden, hidden, bias: true);
        head.LayerNorm("cls.predictions.transform.LayerNorm", hidden);
        if (!config.Flag("tie_word_embeddings", true))
        {
            head.Linear("cls.predictions.decoder", vocabulary, hidden, bias: true);
            return;
        }
        head.Model.Tie("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight");
        head.Model.Tie("cls.predictions.decoder.bias", "cls.predictions.bias");
    }
}
