using System.Text;
using ShardInit.Errors;

namespace ShardInit.Cluster;

/// <summary>
/// Where a job writes, as its client says it: <c>ROOT/relative/path</c>, ROOT being a name in the settings of the silos. One directory has one canonical text: no empty, dot
/// or dot-dot segment, no control character.
/// </summary>
/// <remarks>Compared character by character, as Linux file systems do; Unicode is not normalised. Where a file system takes two texts for one directory, the plan in it tells the jobs apart.</remarks>
public sealed record OutputName
{
    public const int MaxLength = 1000;
    public const int MaxSegmentBytes = 200;
    public const int MaxSegments = 32;

    private OutputName(string root, string path) => (Root, Path) = (root, path);

    public string Root { get; }

    /// <summary>Below the root, with slashes.</summary>
    public string Path { get; }

    public override string ToString() => $"{Root}/{Path}";

    /// <exception cref="PlanException">The text is no output name; says why.</exception>
    public static OutputName Parse(string text)
    {
        string quoted = Problems.Quote(text);
        if (text.Length > MaxLength) throw Wrong($"of at most {MaxLength} characters, found {text.Length}");
        // A broken surrogate has no UTF-8, so no file has it in its name.
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune)) throw Wrong("without control characters");
            if (rune == Rune.ReplacementChar) throw Wrong("of whole Unicode characters");
        }
        if (text.Contains('\\')) throw Wrong("with / between the parts, found \\");
        if (text.StartsWith('/')) throw Wrong("below a root, found an absolute path");
        string[] segments = text.Split('/');
        // One slash at the end is how people write directories.
        if (segments.Length > 2 && segments[^1].Length == 0) segments = segments[..^1];
        if (segments.Length < 2) throw Wrong("with a path below the root");
        if (segments.Length > MaxSegments) throw Wrong($"of at most {MaxSegments} parts, found {segments.Length}");
        foreach (string segment in segments)
        {
            if (segment.Length == 0) throw Wrong("without empty parts");
            if (segment is "." or "..") throw Wrong($"without '{segment}'");
            if (segment.Trim() != segment) throw Wrong("without blanks at either end of a part");
            if (Encoding.UTF8.GetByteCount(segment) > MaxSegmentBytes) throw Wrong($"with parts of at most {MaxSegmentBytes} bytes");
        }
        return new OutputName(segments[0], string.Join('/', segments[1..]));

        PlanException Wrong(string expected) => new($"output {quoted}: expected ROOT/path {expected}; ROOT is a name in the settings of the silos");
    }
}
