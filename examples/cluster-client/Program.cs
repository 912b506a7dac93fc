using ShardInit.Errors;

if (args.Length is < 2 or > 3)
{
    Console.Error.WriteLine("usage: cluster-client MODEL ROOT/PATH [CLUSTER.json]");
    return 2;
}
try
{
    return await Example.SubmitAndWatch.RunAsync(args[0], args[1], args.ElementAtOrDefault(2), Console.Out);
}
catch (PlanException error)
{
    // The model, the output or the settings: nothing was sent.
    Console.Error.WriteLine(error.Message);
    return 2;
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException)
{
    // A cluster that does not answer, a file that cannot be read, a certificate that is not accepted.
    Console.Error.WriteLine(error.Message);
    return 1;
}
