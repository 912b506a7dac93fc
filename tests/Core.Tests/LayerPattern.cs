namespace ShardInit.Core.Tests;

/// <summary>A tensor name as the goldens write it: <c>{i}</c> in place of the layer, the first number between dots.</summary>
internal static class LayerPattern
{
    public static string Of(string name)
    {
        string[] components = name.Split('.');
        int layer = Array.FindIndex(components, 1, component => component.Length > 0 && component.All(char.IsAsciiDigit));
        if (layer > 0 && layer < components.Length - 1) components[layer] = "{i}";
        return string.Join('.', components);
    }
}
