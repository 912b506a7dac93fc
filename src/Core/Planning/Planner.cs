using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Recipes;

namespace ShardInit.Planning;

/// <summary>
/// From a request to a complete plan: model, recipe, dtypes, ids, tiles, files. Pure but for reading its inputs, and deterministic; linear in tensors and tiles.
/// </summary>
public static class Planner
{
    /// <summary>Tiles of a plan at most: a model of 10^12 parameters has about 30,000 at the default size.</summary>
    public const int MaxTiles = 2_000_000;

    private const long MaxMetadataCharacters = 1 << 20;

    /// <exception cref="PlanException">Bad model, recipe or options: every problem that was found.</exception>
    /// <exception cref="IOException">An input cannot be read.</exception>
    public static Plan Create(PlanRequest request)
    {
        Problems problems = new();
        CheckOptions(request, problems);
        ModelSpec? model = Try(() => ModelInput.Read(request.Model, request.Options), problems);
        RecipeSettings settings = new(request.Settings);
        Recipe? recipe = Try(() => OpenRecipe(request.Recipe, model, request.Plugins, settings), problems);
        if (recipe is not null) recipe = settings.Finish(recipe, model, problems);
        problems.ThrowIfAny();
        CheckFamily(recipe!, model!);
        RecipeFacts facts = new(recipe!, BaseModel(request, model!, recipe!));

        List<string> warnings = [.. model!.Warnings];
        Decision[] decisions = RecipeEngine.Apply(recipe!, model, facts, problems, warnings);
        foreach (string number in settings.Numbers) if (!facts.Used.Contains(number)) problems.Add($"--set {number}: no formula of {recipe!.Name} asks for it with this model");
        DType[] dtypes = [.. model.Stored.Select(stored => DTypeOf(stored, request, model))];
        CheckShapes(model, recipe!, decisions, problems);
        CheckNumbers(model, recipe!, decisions, dtypes, problems, warnings);
        problems.ThrowIfAny();

        (ImmutableArray<LogicalTensor> logical, ImmutableArray<StoredTensor> tensors) = Sorted(model, decisions, dtypes);
        long shardBytes = request.ShardBytes;
        long tileBytes = Math.Min(request.TileBytes, Math.Min(shardBytes, TileCutter.MaxTileBytes));
        CheckSizes(tensors, tileBytes, problems, $"{request.Model}: ");
        problems.ThrowIfAny();

        string valuesId = PlanIds.ValuesId(Versions.Spec, request.Seed, request.Namespace, logical);
        Plan plan = new()
        {
            Spec = Versions.Spec,
            Format = Versions.Format,
            Seed = request.Seed,
            Namespace = request.Namespace,
            Model = model.Name,
            Recipe = recipe!.Name,
            StorageFormat = "arrow",
            DigestKind = request.DigestKind,
            ShardBytes = shardBytes,
            TileBytes = tileBytes,
            Logical = logical,
            Tensors = tensors,
            Files = FilePacker.Pack(tensors, shardBytes, tileBytes),
            Tied = model.Tied,
            ConfigJson = model.ConfigJson,
            RecipeText = recipe.Yaml,
            UserMetadata = request.UserMetadata.ToImmutableSortedDictionary(TensorNames.Order),
            Warnings = [.. warnings, .. PlanCosts.Notices(logical)],
            ValuesId = valuesId,
            PlanId = "",
        };
        FormulaChecks.Check(plan, problems);
        problems.ThrowIfAny();
        return plan with { PlanId = PlanIds.PlanId(plan) };
    }

    private static Recipe OpenRecipe(string? recipe, ModelSpec? model, PluginSet plugins, RecipeSettings settings)
    {
        if (recipe is not null) return BuiltInRecipes.Open(recipe, plugins, settings);
        if (model is null or { Source: ModelSource.Config }) return BuiltInRecipes.Open("hf", plugins, settings);
        throw new PlanException($"--recipe: expected a recipe, because {(model.Source == ModelSource.Table ? "a tensor table" : "headers of .safetensors files")} do{(model.Source == ModelSource.Table ? "es" : "")} "
            + $"not say how its model is initialized; found none (built in: {BuiltInRecipes.Names()}; or a YAML file)");
    }

    private static void CheckFamily(Recipe recipe, ModelSpec model)
    {
        if (recipe.Families.IsEmpty || (model.Family is string family && recipe.Families.Any(pattern => pattern.IsMatch(family)))) return;
        throw new PlanException($"--recipe: {recipe.Name} is for configurations of {string.Join(", ", recipe.Families.Select(pattern => pattern.Text))}; found {Describe(model)}");
    }

    private static string Describe(ModelSpec model) => model.Source switch { ModelSource.Table => "a tensor table", ModelSource.Headers => "headers of .safetensors files", _ => $"one of {model.Family}" };

    private static ModelSpec? BaseModel(PlanRequest request, ModelSpec model, Recipe recipe)
    {
        if (recipe.Base.IsEmpty) return null;
        if (model.Source != ModelSource.Config) throw new PlanException($"{recipe.Name}: base: expected a model configuration, whose fields it changes; found {Describe(model)}");
        foreach (string field in recipe.Base.Keys)
        {
            if (model.Numbers.ContainsKey(field)) continue;
            throw new PlanException($"base.{field}: the configuration has no number of that name" + (Nearest.Of(field, model.Numbers.Keys.Order(StringComparer.Ordinal)) is string near ? $"; did you mean base.{near}?" : ""));
        }
        return ModelInput.Read(request.Model, request.Options with { Changes = recipe.Base });
    }

    private static void CheckOptions(PlanRequest request, Problems problems)
    {
        if (request.ShardBytes < TileCutter.MinBytes) problems.Add($"--shard-size: expected 4 KiB or more, found {request.ShardBytes} bytes");
        if (request.TileBytes < TileCutter.MinBytes) problems.Add($"--tile-size: expected 4 KiB or more, found {request.TileBytes} bytes");
        if (request.DigestKind is not ("crc32" or "sha256")) problems.Add($"--digest: expected crc32 or sha256, found {Problems.Quote(request.DigestKind)}");
        if (request.DType is DType dtype && !dtype.IsFloat()) problems.Add($"--dtype: expected a floating type, found {dtype.Name()}");
        if (request.Namespace.Length > 0 && TensorNames.Refusal(request.Namespace) is string refusal) problems.Add($"--namespace: {refusal}");
        long characters = 0;
        foreach ((string key, string value) in request.UserMetadata)
        {
            characters += key.Length + value.Length;
            if (TensorNames.Refusal(key) is string bad) problems.Add($"--metadata: key {Problems.Quote(key)}: {bad}");
            if (!TensorNames.HasUtf8Form(value)) problems.Add($"--metadata: the value of {Problems.Quote(key)} holds half a surrogate pair and has no UTF-8 form");
        }
        if (characters > MaxMetadataCharacters) problems.Add($"--metadata: expected at most {MaxMetadataCharacters} characters in all, found {characters}");
    }

    private static DType DTypeOf(StoredSpec stored, PlanRequest request, ModelSpec model) =>
        stored is { KeepsDType: true, OwnDType: DType kept } ? kept : request.DType ?? stored.OwnDType ?? model.DType ?? DType.F32;

    private static void CheckShapes(ModelSpec model, Recipe recipe, Decision[] decisions, Problems problems)
    {
        for (int i = 0; i < decisions.Length; i++)
        {
            if (decisions[i].Init is not Distribution init || StructureLimits.Refusal(init, model.Logical[i].Shape) is not string refusal) continue;
            problems.Add($"{recipe.Origin}:{decisions[i].Line}: {init.Kind}: {refusal}; for tensor {Problems.Quote(model.Logical[i].Name)}");
        }
    }

    // Each distribution is checked once per dtype that its logical tensor is stored in; equal problems are one line.
    private static void CheckNumbers(ModelSpec model, Recipe recipe, Decision[] decisions, DType[] dtypes, Problems problems, List<string> warnings)
    {
        Dictionary<(Distribution, DType, int Line, Initializer), (string First, int Count)> uses = [];
        List<(Distribution Init, DType DType, int Line, Initializer Source)> order = [];
        for (int i = 0; i < model.Stored.Length; i++)
        {
            foreach (Part part in model.Stored[i].Parts)
            {
                Decision decision = decisions[part.Logical];
                if (decision.Init is null) continue;
                var use = (decision.Init, dtypes[i], decision.Line, decision.Source);
                if (uses.TryGetValue(use, out (string First, int Count) seen)) uses[use] = (seen.First, seen.Count + 1);
                else
                {
                    uses[use] = (model.Logical[part.Logical].Name, 1);
                    order.Add(use);
                }
            }
        }
        foreach ((Distribution init, DType dtype, int line, Initializer source) in order)
        {
            (string first, int count) = uses[(init, dtype, line, source)];
            string where = $"tensor {Problems.Quote(first)}{(count == 1 ? "" : $" (and {count - 1} more)")}";
            if (source.RefusesType?.Invoke(dtype) is string unknown) problems.Add($"{recipe.Origin}:{line}: {source.Name}: {unknown}; for {where}");
            else if (DistributionLimits.Refusal(init, dtype) is string refusal) problems.Add($"{recipe.Origin}:{line}: {init.Kind}: {refusal}; for {where}");
            else if (DistributionLimits.ShareOfZeros(init, dtype) is double share && share > 0)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{where}: {100 * share:0.0} % of the elements are zero in {dtype.Name()}, whose smallest step is {dtype.SmallestSubnormal():R}: {Describe(init)}"));
            }
        }
    }

    private static (ImmutableArray<LogicalTensor> Logical, ImmutableArray<StoredTensor> Tensors) Sorted(ModelSpec model, Decision[] decisions, DType[] dtypes)
    {
        int[] order = [.. Enumerable.Range(0, model.Logical.Length)];
        Array.Sort(order, (left, right) => TensorNames.Compare(model.Logical[left].Name, model.Logical[right].Name));
        int[] placeOf = new int[order.Length];
        for (int place = 0; place < order.Length; place++) placeOf[order[place]] = place;
        ImmutableArray<LogicalTensor> logical =
            [.. order.Select(i => new LogicalTensor(model.Logical[i].Name, model.Logical[i].Shape, decisions[i].Init, model.Logical[i].ZeroRows, decisions[i].Rule) { Seed = decisions[i].Seed })];

        StoredTensor[] tensors = new StoredTensor[model.Stored.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            StoredSpec stored = model.Stored[i];
            Part[] parts = new Part[stored.Parts.Length];
            for (int p = 0; p < parts.Length; p++) parts[p] = stored.Parts[p] with { Logical = placeOf[stored.Parts[p].Logical] };
            tensors[i] = new StoredTensor(stored.Name, dtypes[i], stored.Shape, stored.Kind, stored.IsBuffer, stored.Group, ImmutableCollectionsMarshal.AsImmutableArray(parts));
        }
        Array.Sort(tensors, (left, right) => TensorNames.Compare(left.Name, right.Name));
        return (logical, [.. tensors]);
    }

    /// <summary>Byte counts below 2^63 and a bounded number of tiles.</summary>
    /// <param name="where">In front of what is said of the model: its name, or nothing where the caller adds one.</param>
    internal static void CheckSizes(ImmutableArray<StoredTensor> tensors, long tileBytes, Problems problems, string where = "")
    {
        Int128 bytes = 0;
        Int128 tiles = 0;
        foreach (StoredTensor tensor in tensors)
        {
            Int128 tensorBytes = (Int128)tensor.Shape.ElementCount * tensor.DType.ByteSize();
            if (tensorBytes > long.MaxValue) problems.Add($"{where}tensor {Problems.Quote(tensor.Name)}: expected below 2^63 bytes, found {tensorBytes}; a size in the shape is too large");
            bytes += tensorBytes;
            tiles += TileCutter.Count(tensor.Shape, tensor.DType.ByteSize(), tileBytes);
        }
        if (problems.Any) return;
        if (bytes > long.MaxValue) problems.Add($"{where}all tensors together: expected below 2^63 bytes, found {bytes}; sizes in the model are too large");
        if (tiles > MaxTiles) problems.Add($"--tile-size: {tileBytes} bytes cut this model into {tiles} tiles; at most {MaxTiles} are taken: choose a larger size");
    }

    private static string Describe(Distribution init) => init switch
    {
        Uniform uniform => string.Create(CultureInfo.InvariantCulture, $"uniform on [{uniform.Low:R}, {uniform.High:R})"),
        Normal normal => string.Create(CultureInfo.InvariantCulture, $"normal with std {normal.Std:R}"),
        TruncatedNormal truncated => string.Create(CultureInfo.InvariantCulture, $"truncated_normal with std {truncated.Std:R}"),
        _ => init.Kind,
    };

    private static T? Try<T>(Func<T> action, Problems problems) where T : class
    {
        try
        {
            return action();
        }
        catch (PlanException error)
        {
            problems.Add(error);
            return null;
        }
    }
}
