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
    internal static SiloSettings Read(string? file)
    {
        ConfigurationBuilder builder = new();
        Problems problems = new();
        if (file is not null)
        {
            using FileStream stream = File.OpenRead(file);
            IConfigurationRoot fromFile = Parse(file, stream);
            SettingsCheck.Run(fromFile, typeof(SiloSettings), file, problems);
            builder.AddConfiguration(fromFile);
        }
        IConfigurationRoot variables = new ConfigurationBuilder().AddEnvironmentVariables(VariablePrefix).Build();
        SettingsCheck.Run(variables, typeof(SiloSettings), $"variables {VariablePrefix}...", problems);
        problems.ThrowIfAny();
        builder.AddConfiguration(variables);
        return builder.Build().Get<SiloSettings>(options => options.ErrorOnUnknownConfiguration = true) ?? new SiloSettings();
    }

    private static IConfigurationRoot Parse(string file, Stream stream)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonStream(stream).Build();
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidDataException)
        {
            string why = JsonProblems.Of((error as FormatException)?.InnerException ?? error);
            throw new PlanException($"{file}: expected settings of a silo as JSON, found something else: {why.ReplaceLineEndings(" ")}");
        }
    }

    private static string LanesText(LaneChoice lanes) => lanes switch { LaneChoice.Scalar => "1", LaneChoice.Bits128 => "128", LaneChoice.Bits256 => "256", LaneChoice.Bits512 => "512", _ => "auto" };
}
