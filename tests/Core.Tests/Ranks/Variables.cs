namespace ShardInit.Core.Tests.Ranks;

/// <summary>An environment written as shells do: <c>RANK=1 WORLD_SIZE=4</c>. Values without spaces.</summary>
internal sealed class Variables
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Of a variable that stands there twice, the first counts.</summary>
    public Variables(string text)
    {
        foreach (string word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = word.Split('=', 2);
            _values.TryAdd(parts[0], parts[1]);
        }
    }

    public string? this[string name] => _values.GetValueOrDefault(name);
}
