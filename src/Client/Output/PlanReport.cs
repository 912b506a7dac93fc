using System.Globalization;
using System.Text.Json;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Client.Output;

/// <summary>The facts of a plan, for people and as JSON members.</summary>
public static class PlanReport
{
    /// <summary>Value bytes by element type, the largest first.</summary>
    public static IReadOnlyList<(DType DType, long Bytes)> DTypes(Plan plan) =>
        [.. plan.Tensors.GroupBy(tensor => tensor.DType, (dtype, tensors) => (dtype, tensors.Sum(tensor => tensor.ByteLength))).OrderByDescending(pair => pair.Item2).ThenBy(pair => pair.dtype)];

    public static void Members(Utf8JsonWriter json, Plan plan)
    {
        PlanSummary summary = PlanSummary.Of(plan);
        json.WriteString("plan_id", plan.PlanId);
        json.WriteString("values_id", plan.ValuesId);
        json.WriteString("model", plan.Model);
        json.WriteString("recipe", plan.Recipe);
        IReadOnlyList<(DType DType, long Bytes)> dtypes = DTypes(plan);
        json.WriteString("dtype", dtypes.Count == 0 ? null : dtypes[0].DType.Name());
        json.WriteStartObject("bytes_by_dtype");
        foreach ((DType dtype, long bytes) in dtypes) json.WriteNumber(dtype.Name(), bytes);
        json.WriteEndObject();
        json.WriteString("seed", plan.Seed.ToString(CultureInfo.InvariantCulture));
        json.WriteString("namespace", plan.Namespace);
        json.WriteNumber("parameters", summary.Parameters);
        json.WriteNumber("tensors", summary.Tensors);
        json.WriteNumber("bytes", summary.Bytes);
        json.WriteNumber("files", summary.Files);
        json.WriteNumber("tiles", summary.Tiles);
        json.WriteNumber("shard_size", plan.ShardBytes);
        json.WriteNumber("tile_size", plan.TileBytes);
        json.WriteString("digest", plan.DigestKind);
        json.WriteString("format", plan.StorageFormat);
        json.WriteNumber("spec", plan.Spec);
    }

    public static IEnumerable<string> Lines(Plan plan)
    {
        PlanSummary summary = PlanSummary.Of(plan);
        return Human.Table(
        [
            ["model", plan.Model],
            ["recipe", plan.Recipe],
            ["seed", plan.Seed.ToString(CultureInfo.InvariantCulture) + (plan.Namespace.Length == 0 ? "" : $", namespace '{plan.Namespace}'")],
            ["parameters", $"{Human.Count(summary.Parameters)} in {Human.Plural(summary.Tensors, "tensor")}{(plan.Tied.IsEmpty ? "" : $", {Human.Count(plan.Tied.Count)} tied")}"],
            ["dtype", string.Join(", ", DTypes(plan).Select(pair => $"{pair.DType.Name()} {Human.Bytes(pair.Bytes)}"))],
            ["values", $"{Human.Bytes(summary.Bytes)} ({Human.Count(summary.Bytes)} bytes)"],
            ["files", $"{Human.Count(summary.Files)} of at most {Human.Bytes(plan.ShardBytes)}, {Human.Plural(summary.Tiles, "tile")} of at most {Human.Bytes(plan.TileBytes)}, {plan.StorageFormat}, {plan.DigestKind}"],
            ["values_id", plan.ValuesId],
            ["plan_id", plan.PlanId],
        ]);
    }
}
