namespace ShardInit.Errors;

/// <summary>Where a problem is; becomes text only in a message.</summary>
/// <param name="Line">0 where the input has no lines.</param>
/// <param name="Tensor">Its name, null where it has none.</param>
internal readonly record struct Place(string Path, int Line, string? Tensor)
{
    public override string ToString() => $"{Path}{(Line > 0 ? $":{Line}" : "")}{(Tensor is null ? "" : $": tensor {Problems.Quote(Tensor)}")}";
}
