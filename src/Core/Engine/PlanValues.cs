using ShardInit.Errors;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;
using ShardInit.Recipes;

namespace ShardInit.Engine;

/// <summary>
/// The values of a plan by this machine's kernels: value(seed, namespace, logical tensor, element index) and nothing else. Safe for concurrent use.
/// </summary>
public sealed class PlanValues : ITileSource
{
    private readonly Backend _backend;
    private readonly Draw[] _draws;
    private readonly StreamKey[] _keys;
    private readonly ElementSource?[] _sources;

    /// <inheritdoc cref="PlanValues(Plan, ValueOptions)"/>
    public PlanValues(Plan plan, LaneChoice lanes = LaneChoice.Auto)
        : this(plan, new ValueOptions { Lanes = lanes })
    {
    }

    /// <exception cref="PlanException">A distribution whose numbers leave binary32, a formula that does not suit its tensor, a plug-in that was not given.</exception>
    public PlanValues(Plan plan, ValueOptions options)
    {
        Plan = plan;
        _backend = LaneDispatch.Of(options.Lanes);
        _draws = new Draw[plan.Logical.Length];
        _keys = new StreamKey[plan.Logical.Length];
        _sources = new ElementSource?[plan.Logical.Length];
        Orthogonal = new OrthogonalTensors(options.Threads, options.Lanes, options.Cancel);
        ElementSources sources = new(plan, _backend, options.Lanes, options.Plugins, Orthogonal);
        List<string> problems = [];
        for (int index = 0; index < _draws.Length; index++)
        {
            try
            {
                if (!ElementSources.IsDraw(plan.Logical[index].Init))
                {
                    _sources[index] = sources.Of(plan.Logical[index]);
                    continue;
                }
                _draws[index] = DrawChoice.Of(plan.Logical[index].Init);
                if (_draws[index].Kind != DrawKind.Constant) _keys[index] = plan.KeyOf(plan.Logical[index]);
            }
            catch (PlanException problem)
            {
                problems.AddRange(problem.Problems);
            }
            catch (Exception problem) when (problem is ArgumentException or ExpressionException)
            {
                problems.Add($"tensor '{plan.Logical[index].Name}': {problem.Message}");
            }
        }
        if (problems.Count > 0) throw new PlanException(problems);
    }

    public Plan Plan { get; }

    /// <summary>The orthogonal matrices that are kept.</summary>
    internal OrthogonalTensors Orthogonal { get; }

    /// <summary>Lane width that runs: 1, 128, 256 or 512.</summary>
    public string Lanes => _backend.Name;

    /// <inheritdoc/>
    public void Fill(int tensor, long firstElement, long elementCount, Span<byte> destination)
    {
        StoredTensor stored = Plan.Tensors[tensor];
        int size = stored.DType.ByteSize();
        if (firstElement < 0 || elementCount < 0 || firstElement > stored.Shape.ElementCount - elementCount)
            throw new ArgumentOutOfRangeException(nameof(firstElement), firstElement, $"tensor '{stored.Name}' has {stored.Shape.ElementCount} elements, asked for {elementCount} from {firstElement}");
        if (destination.Length != checked(elementCount * size)) throw new ArgumentException($"expected {elementCount * size} bytes, found {destination.Length}", nameof(destination));
        if (elementCount == 0) return;

        if (stored.Parts.Length == 1 && stored.Parts[0].IsWhole(Plan.Logical[stored.Parts[0].Logical].Shape, stored.Shape))
        {
            Run(stored.Parts[0].Logical, stored.DType, firstElement, elementCount, destination);
            return;
        }
        foreach (Part part in stored.Parts) PartFill.Fill(this, part, stored, firstElement, elementCount, destination);
    }

    /// <summary>Writes consecutive elements of a logical tensor: the one place where a value comes into being.</summary>
    internal void Run(int logical, DType dtype, long first, long count, Span<byte> destination)
    {
        LogicalTensor tensor = Plan.Logical[logical];
        ref readonly Draw draw = ref _draws[logical];
        if (_sources[logical] is ElementSource source)
        {
            source.Fill(dtype, first, count, destination);
        }
        else if (draw.Kind == DrawKind.Constant)
        {
            ConstantFill.Fill(draw.Value, dtype, destination);
        }
        else
        {
            _backend.Fill(_keys[logical], in draw, dtype, first, count, destination);
        }
        if (!tensor.ZeroRows.IsDefaultOrEmpty) ZeroRows(tensor, dtype.ByteSize(), first, count, destination);
    }

    private static void ZeroRows(LogicalTensor tensor, int size, long first, long count, Span<byte> destination)
    {
        long rowLength = tensor.Shape.ElementCount / tensor.Shape[0];
        foreach (long row in tensor.ZeroRows)
        {
            long from = Math.Max(row * rowLength, first);
            long to = Math.Min((row + 1) * rowLength, first + count);
            if (from < to) destination.Slice((int)((from - first) * size), (int)((to - from) * size)).Clear();
        }
    }
}
