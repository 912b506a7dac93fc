namespace ShardInit.Grains;

/// <summary>
/// What grain storage keeps: one JSON text with a version inside. A type of its own per grain would write names of classes and assemblies into the database, which then could never change.
/// </summary>
[GenerateSerializer]
public sealed class StoredText
{
    [Id(0)]
    public string? Text { get; set; }
}
