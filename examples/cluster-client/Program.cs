if (args.Length is < 2 or > 3)
{
    Console.Error.WriteLine("usage: cluster-client MODEL ROOT/PATH [CLUSTER.json]");
    return 2;
}
return await Example.SubmitAndWatch.RunAsync(args[0], args[1], args.ElementAtOrDefault(2), Console.Out);
