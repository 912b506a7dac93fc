using Microsoft.Extensions.Hosting;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>The entry point of this assembly when it is started as a program: one silo of <see cref="TestSilo"/>, which says "ready" and runs until its input ends, or until it is killed.</summary>
public static class Program
{
    /// <summary>Holds the connection string: other users see the words of a command, not its variables.</summary>
    public const string Database = "SHARDINIT_TEST_DATABASE";

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["silo", string siloPort, string gatewayPort])
        {
            Console.Error.WriteLine("expected: silo SILO-PORT GATEWAY-PORT");
            return 2;
        }
        using IHost host = TestSilo.Build(Environment.GetEnvironmentVariable(Database)!, int.Parse(siloPort), int.Parse(gatewayPort));
        await host.StartAsync();
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null) { }
        await host.StopAsync();
        return 0;
    }
}
