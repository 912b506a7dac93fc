using ShardInit.Errors;

namespace ShardInit.Model;

/// <summary>A model from the headers of <c>.safetensors</c> files: one file, or the files that a <c>model.safetensors.index.json</c> names.</summary>
internal static class SafetensorsModel
{
    /// <exception cref="PlanException">All problems of the header.</exception>
    public static ModelSpec ReadFile(string path)
    {
        Problems problems = new();
        ModelBuilder builder = new(path, problems);
        AddAll(builder, SafetensorsHeader.Read(path, problems));
        if (builder.Logical.Count == 0 && !problems.Any) problems.Add($"{path}: expected at least one tensor in the header, found none");
        problems.ThrowIfAny();
        return builder.Build(ModelSource.Headers, "headers");
    }

    /// <summary>Reads the header of each file of the index; file names are plain names beside the index, and both sides must agree on every tensor.</summary>
    /// <exception cref="PlanException">All problems of the index and the headers.</exception>
    public static ModelSpec ReadIndex(JsonNode root, string path)
    {
        Problems problems = new();
        JsonNode map = root["weight_map"]!;
        if (map.Kind != JsonKind.Object) throw new PlanException($"{path}:{map.Line}: weight_map: expected an object, found {map.Describe()}");
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Dictionary<string, HashSet<string>> namesOfFile = new(StringComparer.Ordinal);
        foreach ((string name, JsonNode file) in map.Members)
        {
            if (file.Kind != JsonKind.Text || !IsPlainName(file.Text))
            {
                problems.Add($"{path}:{file.Line}: weight_map: tensor {Problems.Quote(name)}: expected a plain file name without separators, found {file.Describe()}");
                continue;
            }
            if (!namesOfFile.TryGetValue(file.Text, out HashSet<string>? names)) namesOfFile[file.Text] = names = new(StringComparer.Ordinal);
            names.Add(name);
        }
        ModelBuilder builder = new(path, problems);
        foreach ((string file, HashSet<string> names) in namesOfFile.OrderBy(entry => entry.Key, TensorNames.Order))
        {
            string full = Path.Combine(directory, file);
            if (!File.Exists(full)) { problems.Add($"{path}: weight_map names {Problems.Quote(file)}, which is not there"); continue; }
            if (SpecialFiles.Is(full)) { problems.Add($"{path}: weight_map names {Problems.Quote(file)}, which is a pipe or device; expected a .safetensors file"); continue; }
            long before = problems.Count;
            List<HeaderTensor> tensors = SafetensorsHeader.Read(full, problems);
            if (problems.Count > before) continue;
            HashSet<string> inFile = new(tensors.Select(tensor => tensor.Name), StringComparer.Ordinal);
            foreach (string name in names.Where(name => !inFile.Contains(name))) problems.Add($"{path}: weight_map: tensor {Problems.Quote(name)} is not in {Problems.Quote(file)}");
            foreach (string name in inFile.Where(name => !names.Contains(name))) problems.Add($"{full}: tensor {Problems.Quote(name)} is not in the weight_map of the index");
            AddAll(builder, tensors);
        }
        if (map.Members.Count == 0) problems.Add($"{path}: weight_map: expected at least one tensor, found none");
        problems.ThrowIfAny();
        return builder.Build(ModelSource.Headers, "headers");
    }

    private static void AddAll(ModelBuilder builder, List<HeaderTensor> tensors)
    {
        foreach (HeaderTensor tensor in tensors)
        {
            int? layer = LayerNames.LayerOf(tensor.Name);
            builder.Add(tensor.Name, tensor.Shape, kind: null, LayerNames.GroupOf(tensor.Name, null, layer), layer, dtype: tensor.DType, keepsDType: !tensor.DType.IsFloat());
        }
    }

    private static bool IsPlainName(string name) =>
        name.Length > 0 && name is not ("." or "..") && TensorNames.Refusal(name) is null && !name.AsSpan().ContainsAny('/', '\\', ':');
}
