using System.Text.Json;
using Orleans.Storage;

namespace ShardInit.Grains;

/// <summary>A record in grain storage. Storage only saves work, so a failed write is told and tried again, never an error of the call.</summary>
internal sealed class StoredJson<T>(IPersistentState<StoredText> storage) where T : class
{
    public const string Name = "shardinit";

    /// <summary>Null where nothing is stored.</summary>
    /// <exception cref="InvalidOperationException">The text is no such record.</exception>
    public T? Value
    {
        get
        {
            if (storage.State.Text is not { } text) return null;
            try
            {
                return JsonSerializer.Deserialize<T>(text);
            }
            catch (JsonException error)
            {
                throw new InvalidOperationException($"grain storage: expected a {typeof(T).Name} as JSON, found something else: {error.Message}", error);
            }
        }
    }

    /// <summary>Writes. Where another activation has written meanwhile, <paramref name="merge"/> gets what it wrote and says what to write now.</summary>
    /// <remarks>After a failure <see cref="Value"/> is what it was before: what may not be stored must not look as if it were.</remarks>
    public async Task Write(T value, Func<T?, T>? merge = null)
    {
        StoredText before = storage.State;
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                storage.State = new StoredText { Text = JsonSerializer.Serialize(value) };
                try
                {
                    await storage.WriteStateAsync();
                    return;
                }
                catch (InconsistentStateException) when (attempt < 5)
                {
                    await storage.ReadStateAsync();
                    before = storage.State;
                    if (merge is not null) value = merge(Value);
                }
            }
        }
        catch
        {
            storage.State = before;
            throw;
        }
    }

    public async Task Clear()
    {
        try
        {
            await storage.ClearStateAsync();
        }
        catch (InconsistentStateException)
        {
            await storage.ReadStateAsync();
            await storage.ClearStateAsync();
        }
    }
}
