using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>
/// torch.nn.LSTM and torch.nn.GRU as models of their own: the keys are the arguments of the module's constructor. Weights of the gates stay joined (LSTM: i, f, g, o; GRU: r, z, n).
/// </summary>
internal static class RecurrentFamilies
{
    [ModuleInitializer]
    internal static void Register()
    {
        FamilyCatalogue.Register(new Family("torch.nn.LSTM", ["LSTM"], (config, model) => Describe(config, model, "LSTM", gates: 4)));
        FamilyCatalogue.Register(new Family("torch.nn.GRU", ["GRU"], (config, model) => Describe(config, model, "GRU", gates: 3)));
    }

    private static int Describe(ConfigReader config, ModelBuilder model, string kind, long gates)
    {
        long inputs = config.NeededSize("input_size");
        long hidden = config.NeededSize("hidden_size");
        int layers = config.Layers("num_layers", 1, warns: false);
        bool bias = config.Flag("bias", true);
        bool bidirectional = config.Flag("bidirectional", false);
        long projected = kind == "LSTM" ? config.SizeOrZero("proj_size") : 0;
        if (kind != "LSTM" && config.SizeOrZero("proj_size") > 0) config.Misfit($"proj_size: only an LSTM has projections, found it for {kind}");
        if (projected >= hidden) config.Misfit($"proj_size {projected} is not below hidden_size {hidden}");
        long outputs = projected > 0 ? projected : hidden;
        long rows = config.Product($"{gates} x hidden_size", gates, hidden);
        long both = bidirectional ? config.Product("2 x output size", 2, outputs) : outputs;
        for (int layer = 0; layer < layers; layer++)
        {
            Scope scope = Scope.OfLayer(model, "", layer);
            foreach (string direction in bidirectional ? (string[])["", "_reverse"] : [""])
            {
                scope.Add($"weight_ih_l{layer}{direction}", [rows, layer == 0 ? inputs : both], kind);
                scope.Add($"weight_hh_l{layer}{direction}", [rows, outputs], kind);
                if (projected > 0) scope.Add($"weight_hr_l{layer}{direction}", [projected, hidden], kind);
                if (!bias) continue;
                scope.Add($"bias_ih_l{layer}{direction}", [rows], kind);
                scope.Add($"bias_hh_l{layer}{direction}", [rows], kind);
            }
        }
        return layers;
    }
}
