using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>A file that a setting names: where it cannot be read, the setting is wrong.</summary>
internal static class SettingsFile
{
    /// <param name="setting">For messages: its key.</param>
    /// <exception cref="PlanException">It cannot be read.</exception>
    public static T Read<T>(string setting, string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string found = error is FileNotFoundException or DirectoryNotFoundException ? "no such file" : OneLine.Of(error.Message);
            throw new PlanException($"{setting}: expected a file that can be read, found {path}: {found}");
        }
    }
}
