using System.Globalization;
using System.Text.Json;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Client.Output;

/// <summary>The facts of a plan, for people and as JSON members.</summary>
public static class PlanReport
{
    /// <summary>Elements of the stored tensors that are parameters: a tied tensor is stored once, a buffer is none.</summary>
    public static long Parameters(Plan plan) => plan.Tensors.Where(tensor => !tensor.IsBuffer).Sum(tensor => tensor.Shape.ElementCount);

    /// <summary>Value bytes of all stored tensors.</summary>
    public static long Bytes(Plan plan) => plan.Tensors.Sum(tensor => tensor.ByteLength);

    public static long Tiles(Plan plan) => plan.Files.Sum(file => (long)file.Tiles.Length);

    /// <summary>Value bytes by element type, the largest first.</summary>
    public static IReadOnlyList<(DType DType, long Bytes)> DTypes(Plan plan) =>
        [.. plan.Tensors.GroupBy(tensor => tensor.DType, (dtype, tensors) => (dtype, tensors.Sum(tensor => tensor.ByteLength))).OrderByDescending(pair => pair.Item2).ThenBy(pair => pair.dtype)];

    public static void Members(Utf8JsonWriter json, Plan plan)
    {
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
        json.WriteNumber("parameters", Parameters(plan));
        json.WriteNumber("tensors", plan.Tensors.Length);
        json.WriteNumber("bytes", Bytes(plan));
        json.WriteNumber("files", plan.Files.Length);
        json.WriteNumber("tiles", Tiles(plan));
        json.WriteNumber("shard_size", plan.ShardBytes);
        json.WriteNumber("tile_size", plan.TileBytes);
        json.WriteString("digest", plan.DigestKind);
        json.WriteString("format", plan.StorageFormat);
        json.WriteNumber("spec", plan.Spec);
    }

    public static IEnumerable<string> Lines(Plan plan) => Human.Table(
    [
        ["model", plan.Model],
        ["recipe", plan.Recipe],
        ["seed", plan.Seed.ToString(CultureInfo.InvariantCulture) + (plan.Namespace.Length == 0 ? "" : $", namespace '{plan.Namespace}'")],
        ["parameters", $"{Human.Count(Parameters(plan))} in {Human.Plural(plan.Tensors.Length, "tensor")}{(plan.Tied.IsEmpty ? "" : $", {Human.Count(plan.Tied.Count)} tied")}"],
        ["dtype", string.Join(", ", DTypes(plan).Select(pair => $"{pair.DType.Name()} {Human.Bytes(pair.Bytes)}"))],
        ["values", $"{Human.Bytes(Bytes(plan))} ({Human.Count(Bytes(plan))} bytes)"],
        ["files", $"{Human.Count(plan.Files.Length)} of at most {Human.Bytes(plan.ShardBytes)}, {Human.Plural(Tiles(plan), "tile")} of at most {Human.Bytes(plan.TileBytes)}, {plan.StorageFormat}, {plan.DigestKind}"],
        ["values_id", plan.ValuesId],
        ["plan_id", plan.PlanId],
    ]);
}
