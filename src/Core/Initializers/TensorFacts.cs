using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>
/// What a rule may know about one logical tensor: numbers of the tensor itself first, then those of the configuration.
/// Fans are torch's, from the global logical shape: fan_in = shape[1] × receptive field, fan_out = shape[0] × receptive field. The tensors of one module
/// know each other: <c>weight_fan_in</c> in a rule for <c>fc.bias</c> is the fan_in of <c>fc.weight</c>.
/// </summary>
public sealed class TensorFacts(LogicalSpec tensor, ModelSpec model)
{
    /// <summary>Last parts of names that others of the module may ask for.</summary>
    private static readonly ImmutableArray<string> s_siblings = ["weight", "kernel", "bias"];

    /// <summary>Names that expressions may use for the tensor itself, beside <c>dim0</c>, <c>dim1</c> ... for the sizes of its axes.</summary>
    public static ImmutableArray<string> Names { get; } = ["fan_in", "fan_out", "fan_avg", "layer", "num_layers", "numel", "ndim"];

    /// <summary>Before a name of the configuration that has another meaning here: <c>config.num_layers</c>.</summary>
    private const string ConfigPrefix = "config.";

    public LogicalSpec Tensor { get; } = tensor;

    public Shape Shape => Tensor.Shape;

    /// <summary>Names that the recipe adds; null where there is none.</summary>
    internal Recipes.RecipeFacts? Recipe { get; init; }

    /// <summary>Whether a number of a tensor beside this one was asked for: then the answers do not follow from shape and layer alone.</summary>
    internal bool LookedBeside { get; private set; }

    /// <summary>The number behind a name; false where the name is unknown. A name that exists but has no meaning for this tensor is refused.</summary>
    public bool TryNumber(string name, out double value)
    {
        switch (name)
        {
            case "fan_in": value = Fan(1, 0); return true;
            case "fan_out": value = Fan(0, 1); return true;
            case "fan_avg": value = (Fan(1, 0) + Fan(0, 1)) / 2; return true;
            case "layer": value = Tensor.Layer ?? throw new RefusalException("layer has no meaning here: the tensor belongs to no layer"); return true;
            case "num_layers": value = Layers(name); return true;
            case "numel": value = Shape.ElementCount; return true;
            case "ndim": value = Shape.Rank; return true;
        }
        if (name.StartsWith("dim", StringComparison.Ordinal) && int.TryParse(name.AsSpan(3), System.Globalization.NumberStyles.None, null, out int axis))
        {
            value = axis < Shape.Rank ? Shape[axis] : throw new RefusalException($"{name} has no meaning here: shape {Shape} has {Shape.Rank} axes");
            return true;
        }
        if (Recipe is not null)
        {
            if (Recipe.TryNumber(name, this, out value)) return true;
            if (Recipe.TryBaseNumber(name, Tensor, out value))
            {
                LookedBeside = true;
                return true;
            }
        }
        if (model.Numbers.TryGetValue(name, out value)) return true;
        if (name.StartsWith(ConfigPrefix, StringComparison.Ordinal) && model.Numbers.TryGetValue(name[ConfigPrefix.Length..], out value)) return true;
        if (SiblingOf(Tensor.Name, name) is string sibling)
        {
            value = 0;
            LookedBeside = true;
            return model.Find(sibling) is LogicalSpec found && new TensorFacts(found, model).TryNumber(name[(name.IndexOf('_') + 1)..], out value);
        }
        if (name != "num_hidden_layers" || model.Source == ModelSource.Config) return false;
        value = Layers(name);
        return true;
    }

    /// <summary>
    /// Name of the tensor that <c>weight_NAME</c>, <c>kernel_NAME</c> or <c>bias_NAME</c> asks for, beside the one that asks: the last part of its own name,
    /// behind a dot or a slash, is replaced. Null where the name asks for none.
    /// </summary>
    internal static string? SiblingOf(string tensor, string name)
    {
        foreach (string sibling in s_siblings)
        {
            if (!name.StartsWith(sibling, StringComparison.Ordinal) || name.Length <= sibling.Length || name[sibling.Length] != '_') continue;
            return string.Concat(tensor.AsSpan(0, tensor.LastIndexOfAny(['.', '/']) + 1), sibling);
        }
        return null;
    }

    /// <summary>Every name known here, for messages.</summary>
    public IEnumerable<string> KnownNames() => Names.Concat(model.Numbers.Keys.Order(StringComparer.Ordinal));

    private long Layers(string name) => model.LayerCount > 0 ? model.LayerCount : throw new RefusalException($"{name} has no meaning here: no tensor belongs to a layer");

    private double Fan(int counted, int left)
    {
        if (Shape.Rank < 2) throw new RefusalException($"fan_in and fan_out need 2 axes or more; shape {Shape} has {Shape.Rank}");
        double fan = Shape[counted];
        for (int axis = 0; axis < Shape.Rank; axis++) if (axis != counted && axis != left) fan *= Shape[axis];
        return fan;
    }
}
