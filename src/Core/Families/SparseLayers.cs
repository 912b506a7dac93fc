using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>Which layers of a qwen mixture have experts: not those of mlp_only_layers, and every decoder_sparse_step-th, counted from 1.</summary>
internal sealed record SparseLayers(HashSet<long> DenseLayers, long Step)
{
    public static SparseLayers Read(ConfigReader config) => new([.. config.NumberList("mlp_only_layers")], config.DerivedSize("decoder_sparse_step", () => 1, nullToo: false));

    public bool Has(int layer) => !DenseLayers.Contains(layer) && (layer + 1) % Step == 0;
}
