using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// resnet with torchvision's names, which timm's torchvision weights share: configurations have <c>architecture</c> instead of model_type. Blocks are numbered through all four stages
/// for layer groups and recipes. Batch norms hold two float buffers and an integer one.
/// <para>
/// The name decides the blocks. timm lets a configuration override what its name says, in <c>model_args</c> or beside it: whoever does that has another network under the same
/// name, which a table or the headers of a checkpoint describe.
/// </para>
/// </summary>
internal static class ResnetFamily
{
    /// <summary>Arguments of timm's ResNet, and keys of transformers' one, that change tensors.</summary>
    private static readonly string[] s_overrides =
    [
        "aa_layer", "avg_down", "base_width", "block", "block_args", "block_reduce_first", "cardinality", "channels", "depths", "down_kernel_size", "groups", "hidden_sizes", "layers", "layer_type",
        "model_args", "norm_layer", "stem_type", "stem_width", "width_per_group",
    ];

    private sealed record Depth(int[] Blocks, bool IsBottleneck);

    private static readonly SortedDictionary<string, Depth> s_depths = new(StringComparer.Ordinal)
    {
        ["resnet18"] = new([2, 2, 2, 2], false), ["resnet34"] = new([3, 4, 6, 3], false), ["resnet50"] = new([3, 4, 6, 3], true),
        ["resnet101"] = new([3, 4, 23, 3], true), ["resnet152"] = new([3, 8, 36, 3], true),
    };

    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("torchvision.resnet", [.. s_depths.Keys], Describe));

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        foreach (string key in s_overrides.Where(config.IsGiven))
        {
            config.Misfit($"{key} says what {config.Architecture} is made of, and only the network that has this name is built in; leave it out, or give a tensor table or the headers of a checkpoint");
        }
        Depth depth = s_depths[config.Architecture];
        long expansion = depth.IsBottleneck ? 4 : 1;
        Scope stem = new(model, "", LayerGroup.Embedding);
        Convolution(stem, "conv1", 64, config.DerivedSize("in_chans", () => 3), 7);
        BatchNorm(stem, "bn1", 64);
        long inputs = 64;
        int number = 0;
        for (int stage = 0; stage < 4; stage++)
        {
            long width = 64L << stage;
            for (int block = 0; block < depth.Blocks[stage]; block++)
            {
                Scope scope = Scope.OfLayer(model, $"layer{stage + 1}.{block}.", number++);
                Convolution(scope, "conv1", width, inputs, depth.IsBottleneck ? 1 : 3);
                BatchNorm(scope, "bn1", width);
                Convolution(scope, "conv2", width, width, 3);
                BatchNorm(scope, "bn2", width);
                if (depth.IsBottleneck)
                {
                    Convolution(scope, "conv3", width * expansion, width, 1);
                    BatchNorm(scope, "bn3", width * expansion);
                }
                if (inputs != width * expansion)
                {
                    Convolution(scope, "downsample.0", width * expansion, inputs, 1);
                    BatchNorm(scope, "downsample.1", width * expansion);
                }
                inputs = width * expansion;
            }
        }
        long features = config.IsGiven("num_features") ? config.NeededSize("num_features") : inputs;
        if (features != inputs) config.Misfit($"num_features: expected {inputs}, what the last block of {config.Architecture} gives, found {features}; leave it out, or give a tensor table");
        new Scope(model, "", LayerGroup.Head).Linear("fc", config.DerivedSize("num_classes", () => 1000), inputs, bias: true);
        return number;
    }

    private static void Convolution(Scope scope, string name, long outputs, long inputs, long kernel) => scope.Add($"{name}.weight", [outputs, inputs, kernel, kernel], "Conv2d");

    private static void BatchNorm(Scope scope, string name, long size)
    {
        scope.Add($"{name}.weight", [size], "BatchNorm2d");
        scope.Add($"{name}.bias", [size], "BatchNorm2d");
        scope.Add($"{name}.running_mean", [size], "buffer:BatchNorm2d");
        scope.Add($"{name}.running_var", [size], "buffer:BatchNorm2d");
        scope.AddKept($"{name}.num_batches_tracked", [], "buffer:BatchNorm2d", DType.I64);
    }
}
