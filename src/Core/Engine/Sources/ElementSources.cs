using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Planning;
using ShardInit.Random;
using ShardInit.Recipes;

namespace ShardInit.Engine;

/// <summary>Which source gives the values of which kind.</summary>
internal sealed class ElementSources(Plan plan, Backend backend, LaneChoice lanes, PluginSet plugins, OrthogonalTensors orthogonal)
{
    /// <summary>Whether the kernels give the values at once, with no source in between.</summary>
    public static bool IsDraw(Distribution init) => init is Constant or Uniform or Normal or TruncatedNormal;

    /// <exception cref="ArgumentException">A distribution whose numbers leave binary32.</exception>
    /// <exception cref="ExpressionException">A formula that does not suit the tensor.</exception>
    /// <exception cref="Errors.PlanException">A plug-in that was not given.</exception>
    public ElementSource Of(LogicalTensor tensor) => Of(tensor, tensor.Init, plan.KeyOf(tensor));

    public static FormulaSource OfFormula(LogicalTensor tensor, FormulaDistribution formula, StreamKey key, Backend backend) =>
        new(FormulaCompiler.Compile(formula, tensor.Shape), tensor.Shape, key, backend, new ValueEncoder(backend, tensor));

    private ElementSource Of(LogicalTensor tensor, Distribution init, StreamKey key) => init switch
    {
        LogUniform uniform => new LogUniformSource(backend, key, uniform),
        Eye eye => OneARowSource.Of(eye, tensor.Shape),
        Dirac dirac => OneARowSource.Of(dirac, tensor.Shape),
        Sparse sparse => new SparseSource(backend, key, sparse, tensor.Shape, lanes),
        Orthogonal matrix => OrthogonalSource.Of(matrix, tensor.Shape, key, backend, orthogonal),
        Initializers.DeltaOrthogonal kernel => OrthogonalSource.Of(kernel, tensor.Shape, key, backend, orthogonal),
        FormulaDistribution formula => OfFormula(tensor, formula, key, backend),
        Plugin plugin => new PluginSource(plugins.Find(plugin, tensor.Name), plugin, tensor, key, backend),
        Rows rows => OfRows(tensor, rows, key),
        _ => new DrawSource(backend, key, DrawChoice.Of(init)),
    };

    private RowsSource OfRows(LogicalTensor tensor, Rows rows, StreamKey key)
    {
        long rowLength = tensor.Shape[0] == 0 ? 0 : tensor.Shape.ElementCount / tensor.Shape[0];
        return new RowsSource([.. rows.Ranges.Select(range => (range.End * rowLength, Of(tensor, range.Init, key)))]);
    }
}
