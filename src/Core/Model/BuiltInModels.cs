using System.Reflection;

namespace ShardInit.Model;

/// <summary>A model whose configuration is built in.</summary>
/// <param name="Parameters">The published number of parameters, without buffers; the planner must reproduce it.</param>
/// <param name="Source">Where sizes and number come from.</param>
public sealed record BuiltInModel(string Name, long Parameters, string Source)
{
    /// <summary>The configuration as it is published, old key names included.</summary>
    public string ConfigJson => Resources.ReadText($"Models.{Name}.json");
}

/// <summary>The models that have a name: their configurations lie in <c>BuiltIn/NAME.json</c>.</summary>
public static class BuiltInModels
{
    public static IReadOnlyList<BuiltInModel> All { get; } =
    [
        new("bert-base-uncased", 109_482_240, "google-bert/bert-base-uncased as BertModel, with pooler"),
        new("bert-base-uncased-mlm", 109_514_298, "google-bert/bert-base-uncased (BertForMaskedLM, tied head)"),
        new("clip-vit-base-patch32", 151_277_313, "openai/clip-vit-base-patch32"),
        new("deepseek-v3", 671_026_404_352, "deepseek-ai/DeepSeek-V3, main model without the 14,848 numbers of the correction bias (--mtp adds the prediction layer)"),
        new("flan-t5-xxl", 11_135_332_352, "google/flan-t5-xxl (head of its own)"),
        new("gemma-2-2b", 2_614_341_888, "google/gemma-2-2b (tied head)"),
        new("gemma-3-1b", 999_885_952, "google/gemma-3-1b-pt (tied head)"),
        new("gpt-neox-20b", 20_554_567_680, "EleutherAI/gpt-neox-20b"),
        new("gpt-oss-120b", 116_829_156_672, "openai/gpt-oss-120b, unquantized"),
        new("gpt-oss-20b", 20_914_757_184, "openai/gpt-oss-20b, unquantized"),
        new("gpt2", 124_439_808, "openai-community/gpt2 (tied head)"),
        new("gpt2-xl", 1_557_611_200, "openai-community/gpt2-xl (tied head)"),
        new("gru", 2_758_656, "torch.nn.GRU(256, 512, 2)"),
        new("kimi-k2", 1_026_408_209_408, "moonshotai/Kimi-K2-Base, without the 23,040 numbers of the correction bias"),
        new("llama-3.1-405b", 405_853_388_800, "meta-llama/Llama-3.1-405B (8 key-value heads, the second upload); arXiv 2407.21783"),
        new("llama-3.1-70b", 70_553_706_496, "meta-llama/Llama-3.1-70B"),
        new("llama-3.1-8b", 8_030_261_248, "meta-llama/Llama-3.1-8B"),
        new("llama-3.2-1b", 1_235_814_400, "meta-llama/Llama-3.2-1B (tied head)"),
        new("lstm", 13_664_256, "torch.nn.LSTM(512, 1024, 2, bidirectional, proj_size=256)"),
        new("mamba2-130m", 128_989_632, "state-spaces/mamba2-130m, Hugging Face form (tied head)"),
        new("mamba2-2.7b", 2_702_599_680, "state-spaces/mamba2-2.7b, Hugging Face form (tied head)"),
        new("mistral-7b-v0.1", 7_241_732_096, "mistralai/Mistral-7B-v0.1"),
        new("mixtral-8x7b", 46_702_792_704, "mistralai/Mixtral-8x7B-v0.1; arXiv 2401.04088"),
        new("phi-3-mini", 3_821_079_552, "microsoft/Phi-3-mini-4k-instruct"),
        new("pythia-160m", 162_322_944, "EleutherAI/pythia-160m"),
        new("qwen1.5-moe-a2.7b", 14_315_784_192, "Qwen/Qwen1.5-MoE-A2.7B"),
        new("qwen2.5-0.5b", 494_032_768, "Qwen/Qwen2.5-0.5B (tied head)"),
        new("qwen2.5-7b", 7_615_616_512, "Qwen/Qwen2.5-7B"),
        new("qwen3-0.6b", 596_049_920, "Qwen/Qwen3-0.6B (tied head)"),
        new("qwen3-235b-a22b", 235_093_634_560, "Qwen/Qwen3-235B-A22B"),
        new("qwen3-30b-a3b", 30_532_122_624, "Qwen/Qwen3-30B-A3B"),
        new("qwen3-8b", 8_190_735_360, "Qwen/Qwen3-8B"),
        new("resnet18", 11_689_512, "torchvision resnet18 (timm/resnet18.tv_in1k)"),
        new("resnet50", 25_557_032, "torchvision resnet50 (timm/resnet50.tv_in1k)"),
        new("t5-base", 222_903_552, "google-t5/t5-base (tied head)"),
        new("t5-small", 60_506_624, "google-t5/t5-small (tied head)"),
        new("vit-base-patch16-224", 86_567_656, "google/vit-base-patch16-224, 1000 classes"),
        new("whisper-large-v3", 1_543_490_560, "openai/whisper-large-v3 (tied head)"),
        new("whisper-tiny", 37_760_640, "openai/whisper-tiny (tied head)"),
    ];

    public static BuiltInModel? Find(string name) => All.FirstOrDefault(model => model.Name == name);
}

/// <summary>Texts that are compiled into the assembly.</summary>
internal static class Resources
{
    private static readonly Assembly s_assembly = typeof(Resources).Assembly;

    public static IEnumerable<string> Names(string prefix) =>
        s_assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static string ReadText(string name)
    {
        using Stream stream = s_assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"resource {name} is missing from the assembly");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
