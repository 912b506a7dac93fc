// Rates of the kernels, one thread, in elements per CPU second of that thread. Usage:
//   dotnet run -c Release --project tests/Bench -- rates [--lanes 1|128|256|512] [--kind normal|uniform|truncated] [--dtype f32|bf16|f16|f64|f8_e4m3|f8_e5m2] [--repeat N]
//   dotnet run -c Release --project tests/Bench -- runs            short runs at many starts, as cut and transposed layouts make them
//   dotnet run -c Release --project tests/Bench -- stages [--repeat N]         words, transforms and rounding by themselves
//   dotnet run -c Release --project tests/Bench -- orthogonal [--lanes 1|128|256|512] [--size 1024,2048,4096x1024] [--threads N] [--repeat N]      seconds of whole matrices
// Each line of rates, runs and stages: lanes kind dtype median lowest highest (Gelem/s), over N repeats of at least 20 ms into a buffer of 1,048,576 elements (4 MiB of float32).
using ShardInit.Bench;
using ShardInit.Engine;

string command = args.Length > 0 ? args[0] : "rates";
string Option(string name, string fallback)
{
    int index = Array.IndexOf(args, name);
    return index < 0 ? fallback : args[index + 1];
}

switch (command)
{
    case "rates":
        KernelRates.Print(Option("--lanes", ""), Option("--kind", ""), Option("--dtype", ""), int.Parse(Option("--repeat", "9")));
        return 0;
    case "stages":
        KernelRates.PrintStages(int.Parse(Option("--repeat", "9")));
        return 0;
    case "runs":
        KernelRates.PrintRuns();
        return 0;
    case "orthogonal":
        OrthogonalTimes.Print(Option("--lanes", ""), Option("--size", "1024,2048,4096"), int.Parse(Option("--threads", "1")), int.Parse(Option("--repeat", "5")));
        return 0;
    default:
        Console.Error.WriteLine($"unknown command '{command}': expected rates, runs, stages or orthogonal");
        return 2;
}
