using System.Text.RegularExpressions;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>
/// The scripts of deploy/, run as far as it can be without a cluster: by the launchers where they are installed, else by stand-ins that set the
/// variables that the launchers were seen to set (tests/Core.Tests/Ranks/LauncherTests.cs).
/// </summary>
public sealed partial class DeployTests : IDisposable
{
    private const int Tasks = 3;

    private static readonly string s_deploy = SourceTree.PathOf("deploy");
    private static readonly string s_step = SourceTree.PathOf("deploy", "slurm", "init.sbatch");
    private static readonly string s_array = SourceTree.PathOf("deploy", "slurm", "init-array.sbatch");

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    public static TheoryData<string> Scripts() =>
        [.. Directory.EnumerateFiles(s_deploy, "*", SearchOption.AllDirectories).Where(path => Path.GetExtension(path) is ".sh" or ".sbatch").Select(path => Path.GetRelativePath(s_deploy, path))];

    [SkippableTheory]
    [MemberData(nameof(Scripts))]
    public void A_script_parses_and_says_what_it_wants(string name)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs bash");
        string script = Path.Combine(s_deploy, name);
        Outcome parsed = Shell($"bash -n '{script}'");
        Assert.True(parsed.ExitCode == 0 && parsed.Error.Length == 0, parsed.ToString());
        Assert.StartsWith("#!/bin/bash\n", File.ReadAllText(script));
        Outcome alone = Shell($"bash '{script}'");
        Assert.NotEqual(0, alone.ExitCode);
        Assert.Contains("MODEL DIR [options of init]", alone.Error);
        Assert.Contains(name, File.ReadAllText(Path.Combine(s_deploy, "README.md")));
    }

    [Theory]
    [InlineData("init.sbatch", "--nodes", "--ntasks-per-node", "--cpus-per-task")]
    [InlineData("init-array.sbatch", "--array", "--ntasks", "--cpus-per-task")]
    public void Lines_for_sbatch_stand_before_the_first_command(string name, params string[] needed)
    {
        string[] lines = File.ReadAllLines(SourceTree.PathOf("deploy", "slurm", name));
        // sbatch reads no further than the first line that is neither empty nor a comment.
        int command = Array.FindIndex(lines, line => line.Length > 0 && line[0] != '#');
        string[] options = [.. lines.Take(command).Where(line => line.StartsWith("#SBATCH", StringComparison.Ordinal))];
        Assert.DoesNotContain(lines.Skip(command), line => line.StartsWith("#SBATCH", StringComparison.Ordinal));
        Assert.All(options, option => Assert.Matches(SbatchLine(), option));
        string[] names = [.. options.Select(option => SbatchLine().Match(option).Groups[1].Value)];
        Assert.Equal(names.Distinct(), names);
        Assert.Empty(needed.Except(names));
    }

    [SkippableFact]
    public void The_tasks_of_a_step_write_one_sealed_directory()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs bash");
        FakeStep(Tasks);
        Outcome outcome = Submit(s_step, "SLURM_NTASKS=3 SLURM_PROCID=0 SLURM_NODEID=0 SLURM_CPUS_PER_TASK=2", "--seed 42 --shard-size 32KiB --tile-size 16KiB");
        Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
        Assert.Equal(Tasks, File.ReadAllLines(_scratch["started"]).Length);
        Assert.Contains("already sealed", outcome.Error);
        Assert.Equal(Local("--seed 42 --shard-size 32KiB --tile-size 16KiB"), Scratch.Fingerprint(_scratch["out"]));
    }

    [SkippableFact]
    public void Where_nodes_are_lost_the_script_does_what_is_left()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs bash");
        // plan.json is published and the first file begun, then all nodes are gone.
        FakeStep(1, "'$SHARDINIT' \"$@\" --threads 1 & pid=$!; while [ ! -e '$DIR/plan.json' ]; do kill -0 $pid || exit 1; done; kill -9 $pid; wait $pid");
        Outcome outcome = Submit(s_step, "SLURM_CPUS_PER_TASK=2", "--seed 42", Models.SmallLlama);
        Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
        Assert.Contains("sealed; wrote", outcome.Error); // by the script: the rank had no time to
        Assert.Equal(Local("--seed 42"), Scratch.Fingerprint(_scratch["out"]));
    }

    [SkippableFact]
    public void A_mistake_in_the_options_is_the_exit_code_of_the_job()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs bash");
        FakeStep(Tasks);
        Outcome outcome = Submit(s_step, "SLURM_CPUS_PER_TASK=2", "--seed none");
        Assert.True(outcome.ExitCode == ExitCode.Usage, outcome.ToString());
        Assert.False(Directory.Exists(_scratch["out"]));
    }

    [SkippableFact]
    public void The_tasks_of_an_array_write_one_sealed_directory()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs bash");
        for (int task = 0; task < Tasks; task++)
        {
            string variables = $"SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID={task} SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2 SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT=3 SLURM_PROCID=0 SLURM_NODEID=0 SLURM_NTASKS=1 SLURM_CPUS_PER_TASK=2 SLURM_CPUS_ON_NODE=2";
            Outcome outcome = Submit(s_array, variables, "--seed 42");
            Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
        }
        Assert.Equal(Local("--seed 42"), Scratch.Fingerprint(_scratch["out"]));
    }

    [SkippableTheory]
    // A stand-in that runs what it is to start, then the launcher itself where it is installed.
    [InlineData("mpi/init.sh", "MPIRUN", "", "")]
    [InlineData("mpi/init.sh", "MPIRUN", "mpirun.openmpi --version", "mpirun.openmpi --allow-run-as-root --oversubscribe")]
    [InlineData("torchrun/init.sh", "TORCHRUN", "", "")]
    // --redirects and --tee: without them torch 1.13 fails on Python 3.11.
    [InlineData("torchrun/init.sh", "TORCHRUN", "/usr/bin/python3 -c 'import torch.distributed.run'", "/usr/bin/python3 -m torch.distributed.run --redirects 1 --tee 1 --log_dir logs")]
    public void A_launcher_is_given_a_line_that_it_takes(string script, string variable, string probe, string launcher)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs bash");
        if (probe.Length > 0) Skip.IfNot(Shell(probe).ExitCode == 0, $"'{probe}' fails: the launcher is not installed");
        if (launcher.Length == 0) launcher = Executable("launcher", $"while [ \"$1\" != '{Wrapper()}' ]; do shift; done\nexec \"$@\"");
        Outcome outcome = Submit(Path.Combine(s_deploy, script), $"{variable}='{launcher}' RENDEZVOUS=localhost:29519", "--seed 42");
        Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
        Assert.Equal(Local("--seed 42"), Scratch.Fingerprint(_scratch["out"]));
    }

    [Fact]
    public void Every_option_is_one_of_its_command()
    {
        int seen = 0;
        foreach (string path in Directory.EnumerateFiles(s_deploy, "*", SearchOption.AllDirectories))
        {
            foreach (Match match in ProgramLine().Matches(File.ReadAllText(path).Replace("\\\n", "", StringComparison.Ordinal)))
            {
                CommandSpec command = Assert.Single(Program.Commands, command => command.Name == match.Groups[1].Value);
                foreach (Match option in Option().Matches(match.Groups[2].Value))
                {
                    Assert.True(command.Flags.Any(flag => flag.Name == option.Value), $"{path}: {command.Name} has no option {option.Value}");
                    seen++;
                }
            }
        }
        Assert.True(seen >= 8, $"only {seen} options found");
    }

    /// <summary>The first column of the table is ours, the others are those of the launchers.</summary>
    [Fact]
    public void The_table_of_options_names_ours()
    {
        HashSet<string> known = [.. typeof(Flags).GetFields().Select(field => field.GetValue(null)).OfType<Flag>().Select(flag => flag.Name)];
        string text = File.ReadAllText(Path.Combine(s_deploy, "README.md"));
        string[] rows = [.. text.Split("| option of `init` |")[1].Split("\n\n")[0].Split('\n').Skip(2)];
        Assert.Equal(["`--rank`", "`--world`", "`--threads`", "`--out`", "MODEL and other options"], rows.Select(row => row.Split('|')[1].Trim()));
        Assert.All(rows[..^1], row => Assert.Contains(row.Split('|')[1].Trim(' ', '`'), known));
        Assert.All(Links().Matches(text), link => Assert.True(File.Exists(Path.Combine(s_deploy, link.Groups[1].Value)), link.Value));
    }

    /// <summary>An srun that starts tasks with the variables of a step; each runs <paramref name="task"/>, "$@" being the program and its words.</summary>
    private void FakeStep(int tasks, string task = "\"$@\"")
    {
        if (task[0] != '"') task = "shift; " + task;
        Executable("srun", $$"""
            while [[ $1 == --* ]]; do
                case $1 in --cpus-per-task=2|--kill-on-bad-exit=0|--wait=0) shift ;; *) echo "srun: unknown option $1" >&2; exit 1 ;; esac
            done
            pids=()
            for ((rank = 0; rank < {{tasks}}; rank++)); do
                echo "$rank" >>'{{_scratch["started"]}}'
                (export SLURM_PROCID=$rank SLURM_LOCALID=$rank SLURM_NODEID=0 SLURM_STEPID=0 SLURM_STEP_NUM_TASKS={{tasks}} SLURM_STEP_TASKS_PER_NODE={{tasks}} SLURM_NTASKS={{tasks}} SLURM_CPUS_ON_NODE=6
                {{task.Replace("$SHARDINIT", Wrapper(), StringComparison.Ordinal).Replace("$DIR", _scratch["out"], StringComparison.Ordinal)}}) &
                pids+=($!)
            done
            worst=0
            for pid in "${pids[@]}"; do wait "$pid" || { code=$?; ((code > worst)) && worst=$code; }; done
            exit "$worst"
            """);
    }

    /// <summary>Runs a script with the variables that its launcher sets, in a directory of its own.</summary>
    private Outcome Submit(string script, string variables, string options, string model = Models.TinyLlama)
    {
        string config = _scratch.Write("config.json", model);
        return Shell($"export {variables} SHARDINIT='{Wrapper()}' PATH='{_scratch.Root}':\"$PATH\"; cd '{_scratch.Root}' && bash '{script}' '{config}' '{_scratch["out"]}' {options}");
    }

    private string Local(string options)
    {
        Expect(ExitCode.Done, ["init", _scratch["config.json"], "--out", _scratch["local"], "--engine", "local", .. options.Split(' ')]);
        return Scratch.Fingerprint(_scratch["local"]);
    }

    private string Wrapper() => File.Exists(_scratch["program"]) ? _scratch["program"] : Executable("program", $"exec '{Dotnet}' '{ProgramFile}' \"$@\"");

    private string Executable(string name, string script)
    {
        string path = _scratch.Write(name, $"#!/bin/bash\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    [GeneratedRegex(@"^#SBATCH (--[a-z-]+)(?:=\S+)?$")]
    private static partial Regex SbatchLine();

    [GeneratedRegex(@"(?:""\$program""|shardinit\}?""?) (init|resume|status|verify) (.*)")]
    private static partial Regex ProgramLine();

    [GeneratedRegex(@"(?<=\s)--[a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Links();
}
