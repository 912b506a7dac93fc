using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>
/// Puts a plan together from what <c>plan.json</c> holds and believes none of it: names in order, references inside the lists, parts that cover each tensor exactly once,
/// numbers that suit the dtypes, and both ids recomputed.
/// </summary>
internal static class PlanChecks
{
    public const int MaxParts = 4096;

    public static Plan Assemble(PlanContent content, string path)
    {
        Checker check = new(path);
        ImmutableArray<LogicalTensor> logical = Logical(content, check);
        Dictionary<string, int> logicalByName = new(logical.Length, StringComparer.Ordinal);
        for (int i = 0; i < logical.Length; i++) logicalByName.Add(logical[i].Name, i);
        ImmutableArray<StoredTensor> tensors = Tensors(content, logical, logicalByName, check);
        check.That(tensors.Length > 0, $"tensors: expected at least one, found none");
        CheckTied(content.Tied, tensors, check);

        string seedText = check.Text(content, "seed");
        check.That(Seeds.TryParse(seedText, out ulong seed), $"{Seeds.Refusal(seedText)}");
        string digest = check.Text(content, "digest");
        check.That(digest is "crc32" or "sha256", $"digest: expected crc32 or sha256, found {Problems.Quote(digest)}");
        string storage = check.Text(content, "storage_format");
        if (storage != "arrow") throw new ShardFormatException(ShardFormatCode.UnsupportedFormat, path, $"storage_format {Problems.Quote(storage)} is not known to this build");
        long shardBytes = check.Number(content, "shard_bytes");
        long tileBytes = check.Number(content, "tile_bytes");
        check.That(shardBytes >= TileCutter.MinBytes, $"shard_bytes: expected 4 KiB or more, found {shardBytes}");
        check.That(tileBytes >= TileCutter.MinBytes && tileBytes <= Math.Min(shardBytes, TileCutter.MaxTileBytes), $"tile_bytes: expected 4 KiB to the smaller of shard_bytes and 1 GiB, found {tileBytes}");
        Problems sizes = new();
        Planner.CheckSizes(tensors, tileBytes, sizes);
        try
        {
            sizes.ThrowIfAny();
        }
        catch (PlanException error)
        {
            throw new ShardFormatException(ShardFormatCode.TooLarge, path, error.Problems[0]);
        }

        Plan plan = new()
        {
            Spec = (int)check.Number(content, "spec"),
            Format = (int)check.Number(content, "format"),
            Seed = seed,
            Namespace = check.Text(content, "namespace"),
            Model = check.Text(content, "model"),
            Recipe = check.Text(content, "recipe"),
            StorageFormat = storage,
            DigestKind = digest,
            ShardBytes = shardBytes,
            TileBytes = tileBytes,
            Logical = logical,
            Tensors = tensors,
            Files = FilePacker.Pack(tensors, shardBytes, tileBytes),
            Tied = content.Tied.ToImmutableSortedDictionary(TensorNames.Order),
            ConfigJson = content.Texts.GetValueOrDefault("config"),
            RecipeText = content.Texts.GetValueOrDefault("recipe_text"),
            UserMetadata = content.Metadata.ToImmutableSortedDictionary(TensorNames.Order),
            ValuesId = check.Text(content, "values_id"),
            PlanId = check.Text(content, "plan_id"),
        };
        CheckIds(plan, check);
        return plan;
    }

    private static void CheckIds(Plan plan, Checker check)
    {
        string valuesId = PlanIds.ValuesId(plan.Spec, plan.Seed, plan.Namespace, plan.Logical);
        check.That(plan.ValuesId == valuesId, $"values_id: expected {valuesId} from the content, found {Problems.Quote(plan.ValuesId)}: the plan was altered");
        string planId = PlanIds.PlanId(plan);
        check.That(plan.PlanId == planId, $"plan_id: expected {planId} from the content, found {Problems.Quote(plan.PlanId)}: the plan was altered");
    }

    private static ImmutableArray<LogicalTensor> Logical(PlanContent content, Checker check)
    {
        content.Logical.Sort((left, right) => TensorNames.Compare(left.Name, right.Name));
        ImmutableArray<LogicalTensor>.Builder logical = ImmutableArray.CreateBuilder<LogicalTensor>(content.Logical.Count);
        foreach (PlanContent.LogicalRow row in content.Logical)
        {
            check.That(logical.Count == 0 || logical[^1].Name != row.Name, $"logical tensor {Problems.Quote(row.Name)} stands twice");
            check.That(row.Init < content.Inits.Count, $"tensor {Problems.Quote(row.Name)}: init {row.Init}, but there are {content.Inits.Count}");
            check.That(row.Rule < content.Rules.Count, $"tensor {Problems.Quote(row.Name)}: rule {row.Rule}, but there are {content.Rules.Count}");
            long rows = row.Shape.Rank == 0 ? 0 : row.Shape[0];
            for (int i = 0; i < row.ZeroRows.Length; i++)
            {
                check.That(row.ZeroRows[i] >= 0 && row.ZeroRows[i] < rows && (i == 0 || row.ZeroRows[i] > row.ZeroRows[i - 1]), $"tensor {Problems.Quote(row.Name)}: zero_rows: expected ascending numbers below {rows}");
            }
            if (StructureLimits.Refusal(content.Inits[row.Init], row.Shape) is string refusal) check.That(false, $"tensor {Problems.Quote(row.Name)}: {content.Inits[row.Init].Kind}: {refusal}");
            logical.Add(new LogicalTensor(row.Name, row.Shape, content.Inits[row.Init], row.ZeroRows, content.Rules[row.Rule]) { Seed = row.Seed });
        }
        return logical.DrainToImmutable();
    }

    private static ImmutableArray<StoredTensor> Tensors(PlanContent content, ImmutableArray<LogicalTensor> logical, Dictionary<string, int> logicalByName, Checker check)
    {
        ImmutableArray<StoredTensor>.Builder tensors = ImmutableArray.CreateBuilder<StoredTensor>(content.Tensors.Count);
        HashSet<(DistributionJson.Identity Init, DType DType)> good = [];
        WholeParts whole = new();
        foreach (PlanContent.TensorRow row in content.Tensors)
        {
            check.That(tensors.Count == 0 || TensorNames.Compare(tensors[^1].Name, row.Name) < 0, $"tensor {Problems.Quote(row.Name)}: expected ascending names, each once");
            ImmutableArray<Part> parts;
            if (row.Parts.IsDefault)
            {
                parts = whole.Of(logicalByName[row.Name], row.Shape);
            }
            else
            {
                foreach (PlanContent.PartRow part in row.Parts) check.That(logicalByName.ContainsKey(part.Logical), $"tensor {Problems.Quote(row.Name)}: no logical tensor is called {Problems.Quote(part.Logical)}");
                parts = [.. row.Parts.Select(part => new Part(logicalByName[part.Logical], part.Source, part.Permutation, part.Destination))];
                if (PartChecks.Refusal(parts, logical, row.Shape) is string refusal) check.That(false, $"tensor {Problems.Quote(row.Name)}: parts: {refusal}");
            }
            foreach (Part part in parts)
            {
                Distribution init = logical[part.Logical].Init;
                if (!good.Add((DistributionJson.Key(init), row.DType))) continue;
                if (DistributionLimits.Refusal(init, row.DType) is string refusal) check.That(false, $"tensor {Problems.Quote(row.Name)}: {init.Kind}: {refusal}");
            }
            tensors.Add(new StoredTensor(row.Name, row.DType, row.Shape, row.Kind, row.IsBuffer, row.Group, parts));
        }
        return tensors.DrainToImmutable();
    }

    private static void CheckTied(Dictionary<string, string> tied, ImmutableArray<StoredTensor> tensors, Checker check)
    {
        HashSet<string> stored = new(tensors.Select(tensor => tensor.Name), StringComparer.Ordinal);
        foreach ((string name, string target) in tied)
        {
            check.That(TensorNames.Refusal(name) is null && !stored.Contains(name), $"tied: {Problems.Quote(name)} is no name of a tensor that is not stored");
            check.That(stored.Contains(target), $"tied: {Problems.Quote(name)} takes its values from {Problems.Quote(target)}, which is not stored");
        }
    }

    private sealed class Checker(string path)
    {
        public void That(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref Unless message)
        {
            if (!condition) throw new ShardFormatException(ShardFormatCode.BadPlan, path, message.ToString());
        }

        public string Text(PlanContent content, string key) =>
            content.Texts.TryGetValue(key, out string? text) ? text : throw new ShardFormatException(ShardFormatCode.BadPlan, path, $"{key} is missing");

        public long Number(PlanContent content, string key) =>
            content.Numbers.TryGetValue(key, out long number) ? number : throw new ShardFormatException(ShardFormatCode.BadPlan, path, $"{key} is missing");
    }
}
