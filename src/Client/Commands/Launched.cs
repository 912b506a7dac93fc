using ShardInit.Client.CommandLine;
using ShardInit.Ranks;

namespace ShardInit.Client.Commands;

/// <summary>Which of several processes this one is, from the options and the environment.</summary>
internal static class Launched
{
    /// <summary>Null where the run is this process alone: nobody started it as one of several, or <c>--engine local</c> says so.</summary>
    public static RankIdentity? Identity(Invocation given) => Identity(given, Environment.GetEnvironmentVariable);

    internal static RankIdentity? Identity(Invocation given, Func<string, string?> environment)
    {
        if (given.Get(Flags.Engine) == "local")
        {
            Flag[] asked = [.. new Flag[] { Flags.Rank, Flags.World, Flags.OwnShareOnly }.Where(given.Has)];
            if (asked.Length == 0) return null;
            throw new UsageException([.. asked.Select(flag => $"{flag.Name}: expected not beside {Flags.Engine.Name} local, which is one process alone; leave out one of the two")]);
        }
        Launch launch = Launcher.Find(given.Get(Flags.Rank), given.Get(Flags.World), environment);
        foreach (string note in launch.Notes) given.Terminal.Say($"note: {note}");
        if (launch.Identity is null && given.Has(Flags.OwnShareOnly)) throw new UsageException($"{Flags.OwnShareOnly.Name}: expected a rank, found none in the options and the environment; give {Flags.Rank.Name} and {Flags.World.Name}");
        return launch.Identity;
    }
}
