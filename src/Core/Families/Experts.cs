using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>
/// The experts of a layer: gate, up and down for each, logical tensors of their own in every layout. Stored one by one, as files hold them, or fused on a new first
/// axis, as transformers v5 holds them in memory: <c>gate_up_proj</c> [E, 2I, H] and <c>down_proj</c> [E, H, I].
/// </summary>
internal sealed class Experts
{
    private readonly int _count;
    private readonly long _hidden;
    private readonly long _intermediate;
    private readonly string _kind;
    private readonly (string Gate, string Up, string Down) _names;
    private readonly Packing? _gateUp;
    private readonly Packing? _down;

    /// <param name="names">What the three are called behind <c>experts.N.</c></param>
    public Experts(ModelBuilder model, int count, long hidden, long intermediate, string kind, (string Gate, string Up, string Down) names)
    {
        (_count, _hidden, _intermediate, _kind, _names) = (count, hidden, intermediate, kind, names);
        if (!model.IsFused) return;
        _gateUp = Packing.Experts(count, 2, intermediate, hidden);
        _down = Packing.Experts(count, 1, hidden, intermediate);
    }

    public static readonly (string Gate, string Up, string Down) UsualNames = ("gate_proj", "up_proj", "down_proj");

    /// <param name="block">The scope that holds <c>experts</c>.</param>
    public void Add(Scope block)
    {
        if (_gateUp is not null && _down is not null)
        {
            block.Packed("experts.gate_up_proj", _gateUp, _kind, [.. Enumerable.Range(0, 2 * _count).Select(i => Name(i / 2, i % 2 == 0 ? _names.Gate : _names.Up))]);
            block.Packed("experts.down_proj", _down, _kind, [.. Enumerable.Range(0, _count).Select(expert => Name(expert, _names.Down))]);
            return;
        }
        for (int expert = 0; expert < _count; expert++)
        {
            block.Add(Name(expert, _names.Gate), [_intermediate, _hidden], _kind);
            block.Add(Name(expert, _names.Up), [_intermediate, _hidden], _kind);
            block.Add(Name(expert, _names.Down), [_hidden, _intermediate], _kind);
        }
    }

    private static string Name(int expert, string projection) => $"experts.{expert}.{projection}.weight";
}
