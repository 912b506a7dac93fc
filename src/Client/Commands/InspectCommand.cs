using System.Text;
using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Planning;
using ShardInit.Random;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>inspect</c>: layers, shards, tensors, rules and seeds of a directory, of one tensor, or of a single shard file.</summary>
internal static class InspectCommand
{
    private static readonly Positional s_path = new("DIR|FILE", "a directory that init has written, or one of its shard files");

    public static readonly CommandSpec Spec = new("inspect", "Show layers, files, tensors, rules and seeds of a directory, or what a single shard file says about itself.",
        "inspect /data/init --tensor model.norm.weight", [s_path], [Flags.OneTensor, Flags.Json], Run);

    private static int Run(Invocation given)
    {
        string path = given.Word(s_path);
        if (File.Exists(path))
        {
            if (Path.GetFileName(path) is CheckpointFiles.Plan or CheckpointFiles.Manifest or CheckpointFiles.Index)
            {
                throw new UsageException($"{path}: expected {s_path.Help}, found {Path.GetFileName(path)}, which describes a whole directory; give the directory");
            }
            using ShardReader reader = ShardReader.Open(path);
            InspectFile(given, reader);
            return ExitCode.Done;
        }
        using Checkpoint checkpoint = CheckpointWord.Open(path);
        if (given.Get(Flags.OneTensor) is { } name) InspectTensor(given, checkpoint.Plan, TensorNames.Find(checkpoint.Plan, name, given.Terminal));
        else InspectDirectory(given, path, checkpoint);
        return ExitCode.Done;
    }

    private static void InspectDirectory(Invocation given, string directory, Checkpoint checkpoint)
    {
        Plan plan = checkpoint.Plan;
        bool isSealed = checkpoint.Manifest is not null;
        int missing = plan.Files.Count(file => !File.Exists(Path.Combine(directory, file.Name)));
        var groups = plan.Files.GroupBy(file => file.Group).OrderBy(group => group.Key)
            .Select(group => (Group: group.Key, Files: group.ToArray(), Tensors: group.SelectMany(file => file.Tiles).Select(tile => tile.Tensor).Distinct().ToArray())).ToArray();
        if (given.Has(Flags.Json))
        {
            given.Terminal.PrintJson(json =>
            {
                PlanReport.Members(json, plan);
                json.WriteBoolean("sealed", isSealed);
                json.WriteNumber("files_missing", missing);
                json.WriteStartArray("groups");
                foreach (var (group, files, tensors) in groups)
                {
                    json.WriteStartObject();
                    json.WriteString("group", group.ToString());
                    WriteNames(json, "files", files.Select(file => file.Name));
                    WriteNames(json, "tensors", tensors.Select(tensor => plan.Tensors[tensor].Name));
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteStartObject("tied");
                foreach ((string name, string owner) in plan.Tied) json.WriteString(name, owner);
                json.WriteEndObject();
                json.WriteStartObject("metadata");
                foreach ((string key, string value) in plan.UserMetadata) json.WriteString(key, value);
                json.WriteEndObject();
            });
            return;
        }
        Terminal terminal = given.Terminal;
        foreach (string line in PlanReport.Lines(plan)) terminal.Print(line);
        terminal.Print(isSealed && missing == 0 ? "state       sealed" : $"state       {(isSealed ? "sealed, but damaged" : "not sealed")}: {Human.Count(missing)} of {Human.Plural(plan.Files.Length, "file")} missing");
        foreach ((string key, string value) in plan.UserMetadata) terminal.Print($"metadata    {key}={value}");
        foreach ((string name, string owner) in plan.Tied) terminal.Print($"tied        {name} has the values of {owner}");
        terminal.Print("");
        List<string[]> rows = [["GROUP", "TENSORS", "VALUES", "FILES"]];
        rows.AddRange(groups.Select(entry => new[]
        {
            entry.Group.ToString(), Human.Count(entry.Tensors.Length), Human.Bytes(entry.Files.Sum(file => file.Tiles.Sum(tile => tile.ElementCount * Model.DTypes.ByteSize(plan.Tensors[tile.Tensor].DType)))),
            string.Join(' ', entry.Files.Select(file => file.Name + (File.Exists(Path.Combine(directory, file.Name)) ? "" : " (missing)"))),
        }));
        terminal.Print(string.Join('\n', Human.Table(rows)));
        terminal.Print("");
        TensorTable(plan, terminal);
    }

    private static void InspectTensor(Invocation given, Plan plan, int index)
    {
        StoredTensor tensor = plan.Tensors[index];
        Plan only = plan with { Tensors = [tensor] };
        var tiles = plan.Files.SelectMany(file => file.Tiles.Select((tile, number) => (File: file.Name, Number: number, Tile: tile))).Where(at => at.Tile.Tensor == index).OrderBy(at => at.Tile.FirstElement).ToArray();
        var keys = tensor.Parts.Select(part => plan.Logical[part.Logical]).Select(logical => (logical.Name, logical.Rule, Key: plan.KeyOf(logical))).ToArray();
        if (given.Has(Flags.Json))
        {
            using MemoryStream line = new();
            TensorLines.Write(only, line);
            using JsonDocument members = JsonDocument.Parse(line.ToArray());
            given.Terminal.PrintJson(json =>
            {
                foreach (JsonProperty member in members.RootElement.EnumerateObject()) member.WriteTo(json);
                json.WriteString("group", tensor.Group.ToString());
                json.WriteStartArray("logical");
                foreach (var (name, rule, key) in keys)
                {
                    json.WriteStartObject();
                    json.WriteString("name", name);
                    json.WriteString("rule", rule);
                    json.WriteString("key", $"{key.Key0:x8}{key.Key1:x8}");
                    json.WriteString("c3", $"{key.Counter3:x8}");
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteStartArray("tiles");
                foreach (var (file, number, tile) in tiles)
                {
                    json.WriteStartObject();
                    json.WriteString("file", file);
                    json.WriteNumber("tile", number);
                    WriteNumbers(json, "start", tile.Start);
                    WriteNumbers(json, "shape", tile.Shape);
                    json.WriteNumber("first_element", tile.FirstElement);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            });
            return;
        }
        TensorTable(only, given.Terminal);
        foreach (var (name, rule, key) in keys) given.Terminal.Print($"logical  {name}  rule {rule}  key {key.Key0:x8} {key.Key1:x8}  c3 {key.Counter3:x8}");
        List<string[]> rows = [["FILE", "TILE", "START", "SHAPE"]];
        rows.AddRange(tiles.Select(at => new[] { at.File, $"{at.Number}", $"[{string.Join(", ", at.Tile.Start)}]", $"[{string.Join(", ", at.Tile.Shape)}]" }));
        given.Terminal.Print(string.Join('\n', Human.Table(rows)));
    }

    private static void InspectFile(Invocation given, ShardReader reader)
    {
        string? wanted = given.Get(Flags.OneTensor);
        ShardTile[] tiles = [.. Enumerable.Range(0, reader.TileCount).Select(reader.Tile).Where(tile => wanted is null || tile.Header.Tensor == wanted)];
        if (wanted is not null && tiles.Length == 0) throw new UsageException($"--tensor: '{wanted}' has no tile in {reader.Path}; without --tensor all are shown");
        if (given.Has(Flags.Json))
        {
            given.Terminal.PrintJson(json =>
            {
                json.WriteString("file", reader.Path);
                json.WriteNumber("size", reader.FileLength);
                json.WriteStartObject("metadata");
                foreach ((string key, string value) in reader.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
                json.WriteStartArray("tiles");
                foreach (ShardTile tile in tiles)
                {
                    json.WriteStartObject();
                    json.WriteString("tensor", tile.Header.Tensor);
                    json.WriteString("dtype", tile.Header.DType.ToString());
                    WriteNumbers(json, "global_shape", tile.Header.GlobalShape);
                    WriteNumbers(json, "start", tile.Header.Start);
                    WriteNumbers(json, "shape", tile.Header.Shape);
                    json.WriteNumber("offset", tile.ValueOffset);
                    json.WriteNumber("length", tile.ValueLength);
                    json.WriteString("digest", tile.Digest);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            });
            return;
        }
        given.Terminal.Print($"{reader.Path}: {Human.Bytes(reader.FileLength)}, {Human.Plural(reader.TileCount, "tile")}");
        foreach (string line in Human.Table([.. reader.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new[] { pair.Key, pair.Value })])) given.Terminal.Print(line);
        given.Terminal.Print("");
        List<string[]> rows = [["TENSOR", "DTYPE", "OF SHAPE", "START", "SHAPE", "OFFSET", "DIGEST"]];
        rows.AddRange(tiles.Select(tile => new[]
        {
            tile.Header.Tensor, tile.Header.DType.ToString(), Dims(tile.Header.GlobalShape), Dims(tile.Header.Start), Dims(tile.Header.Shape), $"{tile.ValueOffset}", tile.Digest,
        }));
        given.Terminal.Print(string.Join('\n', Human.Table(rows)));

        static string Dims(IEnumerable<long> dims) => $"[{string.Join(", ", dims)}]";
    }

    private static void TensorTable(Plan plan, Terminal terminal)
    {
        using MemoryStream table = new();
        using (StreamWriter text = new(table, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" }) TensorLines.WriteTable(plan, text);
        table.WriteTo(terminal.Output);
    }

    private static void WriteNames(Utf8JsonWriter json, string member, IEnumerable<string> names)
    {
        json.WriteStartArray(member);
        foreach (string name in names) json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string member, IEnumerable<long> numbers)
    {
        json.WriteStartArray(member);
        foreach (long number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
