namespace ShardInit.Storage;

/// <summary>Names of the files of a checkpoint directory beside its shards.</summary>
public static class CheckpointFiles
{
    public const string Plan = "plan.json";
    public const string Manifest = "manifest.json";
    public const string Index = "index.arrow";

    /// <summary>Start of the name of every unfinished file.</summary>
    public const string TemporaryPrefix = ".tmp-";

    public static bool IsTemporary(string fileName) => fileName.StartsWith(TemporaryPrefix, StringComparison.Ordinal);

    /// <summary>Why a name cannot be that of a shard file; null when it can.</summary>
    public static string? WhyNotShardName(string name)
    {
        if (name.Length == 0) return "an empty file name";
        if (name.Length > 200) return $"a file name of {name.Length} characters, at most 200 are taken";
        if (name is "." or ".." || name.IndexOfAny(['/', '\\', '\0', ':']) >= 0) return $"the file name '{Quote(name)}' leaves the directory";
        if (name is Plan or Manifest or Index || IsTemporary(name)) return $"the file name '{name}' is reserved";
        foreach (char letter in name)
        {
            if (char.IsControl(letter)) return $"the file name '{Quote(name)}' holds a control character";
        }
        return null;
    }

    /// <summary>A text from outside, safe to print: control characters escaped, cut at 120.</summary>
    internal static string Quote(string text)
    {
        string cut = text.Length > 120 ? text[..120] + "..." : text;
        return string.Concat(cut.Select(letter => char.IsControl(letter) ? $"\\u{(int)letter:x4}" : letter.ToString()));
    }
}
