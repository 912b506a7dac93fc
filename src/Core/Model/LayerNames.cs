using ShardInit.Planning;

namespace ShardInit.Model;

/// <summary>
/// Layer numbers read from names, for tables and headers that do not say them: the first whole number that follows a component
/// <c>layers</c>, <c>layer</c>, <c>h</c>, <c>blocks</c> or <c>block</c>. Decides the file and the variable <c>layer</c> of recipes, never a value by itself.
/// </summary>
internal static class LayerNames
{
    private static readonly string[] s_containers = ["layers", "layer", "h", "blocks", "block"];

    public static int? LayerOf(string name)
    {
        string[] components = name.Split('.');
        for (int i = 1; i < components.Length; i++)
        {
            string number = components[i];
            if (number.Length is 0 or > 6 || !number.All(char.IsAsciiDigit) || !s_containers.Contains(components[i - 1])) continue;
            return int.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
        }
        return null;
    }

    /// <summary>The file group: the layer, otherwise embedding for what looks like one, otherwise head.</summary>
    public static LayerGroup GroupOf(string name, string? kind, int? layer)
    {
        if (layer is int number) return LayerGroup.OfLayer(number);
        bool embedding = kind is "Embedding" or "EmbeddingBag" || name.Contains("embed", StringComparison.OrdinalIgnoreCase)
            || name.Split('.').Any(component => component is "wte" or "wpe");
        return embedding ? LayerGroup.Embedding : LayerGroup.Head;
    }
}
