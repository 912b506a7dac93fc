using System.Collections.Immutable;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>Adds tensors under a prefix, with the file group and the layer number of that place in the model.</summary>
internal readonly struct Scope(ModelBuilder model, string prefix, LayerGroup group, int? layer = null)
{
    public static Scope OfLayer(ModelBuilder model, string prefix, int layer) => new(model, prefix, LayerGroup.OfLayer(layer), layer);

    public ModelBuilder Model => model;

    /// <summary>Number of the layer; 0 outside layers.</summary>
    public int Layer => layer ?? 0;

    public Scope In(string name) => new(model, $"{prefix}{name}.", group, layer);

    public void Add(string name, ReadOnlySpan<long> shape, string kind, ImmutableArray<long> zeroRows = default) => model.Add(prefix + name, shape, kind, group, layer, zeroRows);

    /// <summary>A tensor whose dtype stays what it is whatever dtype is asked for: what the library refuses to hold otherwise, and integers.</summary>
    public void AddKept(string name, ReadOnlySpan<long> shape, string kind, DType dtype) => model.Add(prefix + name, shape, kind, group, layer, dtype: dtype, keepsDType: true);

    /// <summary>Weight [outputs, inputs] and, where there is one, bias [outputs].</summary>
    public void Linear(string name, long outputs, long inputs, bool bias)
    {
        Add($"{name}.weight", [outputs, inputs], "Linear");
        if (bias) Add($"{name}.bias", [outputs], "Linear");
    }

    /// <summary>A norm that has a weight only.</summary>
    public void Norm(string name, long size, string kind) => Add($"{name}.weight", [size], kind);

    /// <summary>A LayerNorm: weight and bias.</summary>
    public void LayerNorm(string name, long size)
    {
        Add($"{name}.weight", [size], "LayerNorm");
        Add($"{name}.bias", [size], "LayerNorm");
    }

    public void Embedding(string name, long rows, long size, long? zeroRow = null, string kind = "Embedding") =>
        Add($"{name}.weight", [rows, size], kind, zeroRow is long row ? [row] : []);

    /// <summary>One stored tensor made of logical ones, all named under this prefix.</summary>
    public void Packed(string name, Packing packing, string kind, params ReadOnlySpan<string> logicalNames)
    {
        string[] names = new string[logicalNames.Length];
        for (int i = 0; i < names.Length; i++) names[i] = prefix + logicalNames[i];
        model.AddPacked(prefix + name, names, packing, kind, group, layer);
    }
}
