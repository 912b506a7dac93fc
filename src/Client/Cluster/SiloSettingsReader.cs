using System.Text.Json;
using Microsoft.Extensions.Configuration;
using ShardInit.Client.CommandLine;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Silo;

namespace ShardInit.Client.Cluster;

/// <summary>Settings of a silo: the JSON file, over that the environment, over that the options.</summary>
internal static class SiloSettingsReader
{
    /// <summary>With one more underscore each step goes one object deeper: <c>SHARDINIT_SILO__ENDPOINT__SILOPORT</c>.</summary>
    public const string VariablePrefix = "SHARDINIT_SILO__";

    public static SiloSettings Read(Invocation given)
    {
        SiloSettings settings = Read(given.Get(Flags.Settings));
        Dictionary<string, RootSettings> roots = new(settings.Roots, StringComparer.Ordinal);
        HashSet<string> named = new(StringComparer.Ordinal);
        foreach ((string name, string directory) in given.GetAll(Flags.Root))
        {
            if (!named.Add(name)) throw new UsageException($"{Flags.Root.Name}: expected each name once, found '{name}' again");
            if (directory.Length == 0) throw new UsageException($"{Flags.Root.Name} {name}=: expected a directory, found nothing");
            // Beside a root of the file an option changes its directory alone.
            roots[name] = (roots.GetValueOrDefault(name) ?? new RootSettings()) with { Directory = Path.GetFullPath(directory) };
        }
        WorkerSettings worker = settings.Worker with
        {
            Threads = given.Has(Flags.SiloThreads) ? given.Get(Flags.SiloThreads) : settings.Worker.Threads,
            Lanes = given.Has(Flags.Lanes) ? LanesText(given.Get(Flags.Lanes)) : settings.Worker.Lanes,
        };
        return settings with { Roots = roots, Worker = worker, Insecure = settings.Insecure || given.Has(Flags.Insecure) };
    }

    /// <exception cref="PlanException">Unknown settings and values of a wrong kind: all of them at once.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static SiloSettings Read(string? file) => Read(file, new ConfigurationBuilder().AddEnvironmentVariables(VariablePrefix).Build());

    /// <param name="variables">Of the environment, without their prefix.</param>
    internal static SiloSettings Read(string? file, IConfiguration variables)
    {
        ConfigurationBuilder builder = new();
        Problems problems = new();
        IConfigurationRoot? fromFile = null;
        if (file is not null)
        {
            fromFile = Parse(file, File.ReadAllBytes(file), problems);
            SettingsCheck.Run(fromFile, typeof(SiloSettings), file, problems);
            builder.AddConfiguration(fromFile);
        }
        SettingsCheck.Run(variables, typeof(SiloSettings), $"variables {VariablePrefix}...", problems);
        problems.ThrowIfAny();
        builder.AddConfiguration(variables);
        SiloSettings settings = builder.Build().Get<SiloSettings>(options => options.ErrorOnUnknownConfiguration = true) ?? new SiloSettings();
        return settings with { Roots = AsIn(fromFile, nameof(SiloSettings.Roots), settings.Roots), Tenants = AsIn(fromFile, nameof(SiloSettings.Tenants), settings.Tenants) };
    }

    /// <summary>Variables are mostly written in capitals, and to a configuration names that differ in nothing else are the same; to clients they are not. So the file's spelling stays.</summary>
    private static Dictionary<string, T> AsIn<T>(IConfigurationRoot? file, string key, Dictionary<string, T> bound)
    {
        Dictionary<string, string> spelling = (file?.GetSection(key).GetChildren() ?? []).ToDictionary(section => section.Key, section => section.Key, StringComparer.OrdinalIgnoreCase);
        return bound.ToDictionary(pair => spelling.GetValueOrDefault(pair.Key, pair.Key), pair => pair.Value, StringComparer.Ordinal);
    }

    private static IConfigurationRoot Parse(string file, byte[] text, Problems problems)
    {
        try
        {
            IConfigurationRoot configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(text)).Build();
            // With the same mark, comments and commas that a configuration takes.
            using JsonDocument document = JsonDocument.Parse(new MemoryStream(text), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            SettingsShape.Check(document.RootElement, typeof(SiloSettings), "", file, problems);
            return configuration;
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidDataException)
        {
            string why = JsonProblems.Of((error as FormatException)?.InnerException ?? error);
            throw new PlanException($"{file}: expected settings of a silo as JSON, found something else: {why.ReplaceLineEndings(" ")}");
        }
    }

    private static string LanesText(LaneChoice lanes) => lanes switch { LaneChoice.Scalar => "1", LaneChoice.Bits128 => "128", LaneChoice.Bits256 => "256", LaneChoice.Bits512 => "512", _ => "auto" };
}
