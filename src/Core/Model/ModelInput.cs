using ShardInit.Errors;

namespace ShardInit.Model;

/// <summary>Finds out what a model argument is, by content, and reads it: a file, a directory (its <c>config.json</c>) or a built-in name.</summary>
public static class ModelInput
{
    /// <summary>Largest JSON input in bytes. 70,000 rows of a table take about 10 MB.</summary>
    public const long MaxJsonBytes = 256L << 20;

    /// <param name="model">Path or built-in name; an existing path wins.</param>
    /// <exception cref="PlanException">No such model, bad content, or an option that does not suit it: all problems.</exception>
    public static ModelSpec Read(string model, ModelOptions? options = null)
    {
        options ??= new ModelOptions();
        if (model.Length == 0 || model.Contains('\0')) throw new PlanException("model: expected a path or a built-in name, found an empty text or one with a NUL character");
        if (Directory.Exists(model)) return ReadFile(ConfigOf(model), options);
        if (File.Exists(model)) return ReadFile(model, options);
        if (BuiltInModels.Find(model) is BuiltInModel builtIn) return ReadJson(System.Text.Encoding.UTF8.GetBytes(builtIn.ConfigJson), $"{model} (built in)", model, options);
        string? near = Nearest.Of(model, BuiltInModels.All.Select(candidate => candidate.Name));
        throw new PlanException($"{Problems.Quote(model)}: no such file or directory, and no built-in model of that name" + (near is null ? "; 'shardinit models' lists them" : $"; did you mean '{near}'?"));
    }

    private static string ConfigOf(string directory)
    {
        string config = Path.Combine(directory, "config.json");
        if (File.Exists(config)) return config;
        string? other = new[] { "model.safetensors.index.json", "model.safetensors" }.FirstOrDefault(name => File.Exists(Path.Combine(directory, name)));
        throw new PlanException($"{directory}: expected a config.json in this directory, found none" + (other is null ? "" : $"; for the tensors of {other} give that file itself"));
    }

    private static ModelSpec ReadFile(string path, ModelOptions options)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[16];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (!IsHeader(start) && Encoding(start) is string encoding) throw new PlanException($"{path}: expected JSON in UTF-8, found {encoding}; save it as UTF-8");
        if (!LooksLikeText(start))
        {
            // A header says nothing about its data: its offsets are checked against the length of the file.
            if (!file.CanSeek || SpecialFiles.Is(path)) throw new PlanException($"{path}: expected JSON, or a .safetensors file that is a regular file; found a pipe or device");
            if (!start.Contains((byte)0)) throw new PlanException($"{path}: expected JSON in UTF-8 or a .safetensors file, found neither; its first bytes are {Convert.ToHexStringLower(start)}");
            RefuseOptions(options, path);
            return SafetensorsModel.ReadFile(path);
        }
        return ReadJson(ReadAll(file, start, path), path, path, options);
    }

    // Also for pipes, which have no length: what was read already, then the rest, up to the limit.
    private static byte[] ReadAll(FileStream file, ReadOnlySpan<byte> start, string path)
    {
        using MemoryStream all = new();
        all.Write(start);
        byte[] chunk = new byte[1 << 16];
        for (int count = file.Read(chunk); count > 0; count = file.Read(chunk))
        {
            all.Write(chunk, 0, count);
            if (all.Length > MaxJsonBytes) throw new PlanException($"{path}: expected at most {MaxJsonBytes} bytes of JSON, found more");
        }
        return all.ToArray();
    }

    // A .safetensors file begins with the length of its header as eight little-endian bytes: below 100,000,000, so the last four are zero.
    private static bool IsHeader(ReadOnlySpan<byte> start) => start.Length >= 8 && !start[4..8].ContainsAnyExcept((byte)0);

    // Text holds no zero byte and few others below a space; one of those inside what begins like JSON is for its reader to tell.
    private static bool LooksLikeText(ReadOnlySpan<byte> start)
    {
        if (start.Contains((byte)0)) return false;
        if (start.StartsWith("\uFEFF"u8)) start = start[3..];
        if (start.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[' or (byte)'"', ..]) return true;
        foreach (byte value in start) if (value is 0x7F or (< 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r'))) return false;
        return true;
    }

    // Other encodings that editors save in, by their byte order mark or by the zeros beside a brace.
    private static string? Encoding(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] or [0, 0, 0, (byte)'{', ..] or [(byte)'{', 0, 0, 0, ..] => "UTF-32",
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, (byte)'{', ..] or [(byte)'{', 0, ..] => "UTF-16",
        _ => null,
    };

    private static ModelSpec ReadJson(byte[] utf8, string name, string path, ModelOptions options)
    {
        JsonNode root;
        try
        {
            root = JsonText.Parse(utf8);
        }
        catch (JsonTextException error)
        {
            throw new PlanException($"{name}:{error.Line}: {error.Message}" + (IsComment(utf8) ? "; JSON has no comments: take them out" : ""));
        }
        if (root.Kind != JsonKind.Object) throw new PlanException($"{name}: expected a JSON object, found {root.Describe()}");
        if (root["tensors"] is null && root["weight_map"] is null && s_configKeys.Any(key => root[key] is not null)) return ConfigModel.Read(Changed(root, options.Changes), name, options);
        if (root["plan_id"] is not null)
        {
            throw new PlanException($"{name}: expected a model, found a file of a checkpoint that init has written; 'shardinit resume DIR' continues that directory, 'inspect DIR' shows it, 'diff A B' compares two");
        }
        RefuseOptions(options, name);
        if (root["tensors"] is not null) return TensorTable.Read(root, name);
        if (root["weight_map"] is not null) return SafetensorsModel.ReadIndex(root, path);
        throw new PlanException($"{name}: expected a model configuration (architectures or model_type), a tensor table (tensors) or an index of .safetensors files (weight_map); found none of these keys");
    }

    private static bool IsComment(ReadOnlySpan<byte> utf8) => utf8.TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8) is [(byte)'/', (byte)'/' or (byte)'*', ..] or [(byte)'#', ..];

    // Fields with dots lie in nested objects, which exist or are made.
    private static JsonNode Changed(JsonNode root, IReadOnlyDictionary<string, string> changes)
    {
        foreach ((string field, string number) in changes) root = Changed(root, field.Split('.'), number);
        return root;
    }

    private static JsonNode Changed(JsonNode node, ReadOnlySpan<string> path, string number)
    {
        if (path.IsEmpty) return new JsonNode(JsonKind.Number, node.Line) { Text = number };
        string key = path[0];
        List<KeyValuePair<string, JsonNode>> members = [.. node.Members];
        int place = members.FindIndex(member => member.Key == key);
        JsonNode changed = Changed(place >= 0 ? members[place].Value : new JsonNode(JsonKind.Object, node.Line), path[1..], number);
        if (place >= 0) members[place] = new(key, changed);
        else members.Add(new(key, changed));
        return new JsonNode(JsonKind.Object, node.Line) { Members = members };
    }

    private static readonly string[] s_configKeys = ["architectures", "model_type", "architecture", "text_config"];

    // A table and headers say themselves which tensors there are and how they are stored.
    private static void RefuseOptions(ModelOptions options, string path)
    {
        List<string> given = [];
        if (options.LayoutOf != ModelOptions.HuggingFace) given.Add($"--layout-of {options.LayoutOf}");
        if (options.Part is not null) given.Add($"--part {options.Part}");
        if (options.PredictionLayers) given.Add("--mtp");
        if (given.Count > 0) throw new PlanException([.. given.Select(option => $"{option}: expected a model configuration, found {path}, which lists its tensors itself")]);
    }
}
