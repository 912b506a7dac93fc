using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>Command lines that ask for what does not exist: exit code 2, every problem named, nothing on stdout.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("init m --sed 1 --out d", "unknown option '--sed'; did you mean --seed?")]
    [InlineData("init m --thread 1 --out d", "did you mean --threads?")]
    [InlineData("int m --out d", "unknown command 'int'; did you mean init?")]
    [InlineData("frobnicate", "unknown command 'frobnicate'; known: plan, init")]
    [InlineData("plan", "plan: expected MODEL")]
    [InlineData("plan a b", "found 'b' as well")]
    [InlineData("init m", "--out: expected a directory to write to, found nothing; for instance --out /data/init")]
    [InlineData("plan m --seed", "--seed: expected an integer from 0 to 18446744073709551615, found no value")]
    [InlineData("plan m --seed --json", "--seed: expected an integer from 0 to 18446744073709551615, found no value")]
    [InlineData("plan m --seed -1", "found '-1'")]
    [InlineData("plan m --seed 18446744073709551616", "found '18446744073709551616'")]
    [InlineData("plan m --seed 1 --seed 2", "--seed: expected once, found 2 times")]
    [InlineData("plan m --dtype bf17", "expected bf16, f16, f32, f64, f8_e4m3 or f8_e5m2, found 'bf17'; for instance --dtype bf16")]
    [InlineData("plan m --shard-size 0", "--shard-size: expected a size from 4KiB on")]
    [InlineData("plan m --shard-size -1GiB", "found '-1GiB'")]
    [InlineData("plan m --shard-size 99999999999TiB", "found '99999999999TiB'")]
    [InlineData("plan m --tile-size 2GiB", "--tile-size: expected a size from 4KiB to 1GiB")]
    [InlineData("plan m --tile-size 4095", "found '4095'")]
    [InlineData("plan m --tile-size 64MiBs", "found '64MiBs'")]
    [InlineData("plan m --digest md5", "--digest: expected crc32 or sha256, found 'md5'")]
    [InlineData("plan m --metadata novalue", "--metadata: expected KEY=VALUE")]
    [InlineData("plan m --metadata a=1 --metadata a=2", "expected each key once, found 'a' again")]
    [InlineData("init m --out d --threads 0", "--threads: expected an integer from 1 to 1024, found '0'")]
    [InlineData("init m --out d --lanes 64", "--lanes: expected auto, 1, 128, 256 or 512, found '64'")]
    [InlineData("plan m --json=yes", "--json")]
    [InlineData("recipes show", "recipes show: expected a name")]
    [InlineData("recipes show hff", "unknown recipe 'hff'; did you mean hf?")]
    [InlineData("recipes list", "expected 'show NAME' or nothing, found 'list'")]
    [InlineData("--json plan m", "expected a command first, found '--json'")]
    public void Bad_words_are_named(string line, string message)
    {
        Outcome outcome = Expect(ExitCode.Usage, line.Split(' '));
        Assert.Contains(message, outcome.Error);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("init m --out d --virtual", "`--virtual` is not built yet")]
    [InlineData("plan m --layout tp=2 --slices", "`--slices` is not built yet")]
    [InlineData("plan m --layout tp=2 --slices", "`--layout` is not built yet")]
    [InlineData("plan m --layout=tp=2", "`--layout` is not built yet")]
    [InlineData("init m --out d --format safetensors", "`--format safetensors` is not built yet")]
    [InlineData("init m --out d --device cuda", "`--device cuda` is not built yet")]
    [InlineData("plan m --layout-of megatron", "`--layout-of megatron` is not built yet")]
    [InlineData("export d --to arrow --out e", "`export` is not built yet")]
    public void What_is_not_built_says_so(string line, string message)
    {
        Outcome outcome = Expect(ExitCode.Usage, line.Split(' '));
        Assert.Contains(message, outcome.Error);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        Outcome outcome = Expect(ExitCode.Usage, "init", "--seed", "x", "--dtype", "y", "--threads", "z", "--unknown");
        foreach (string part in new[] { "--seed: ", "--dtype: ", "--threads: ", "'--unknown'", "--out: ", "expected MODEL" }) Assert.Contains(part, outcome.Error);
    }

    [Fact]
    public void No_command_shows_the_commands_and_fails()
    {
        Outcome outcome = Expect(ExitCode.Usage);
        Assert.Contains("usage: shardinit COMMAND", outcome.Error);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Every_command_has_help_that_names_its_options_with_their_ranges()
    {
        string overview = Expect(ExitCode.Done, "--help").Output;
        foreach (CommandSpec command in Program.Commands)
        {
            Assert.Contains($"  {command.Name}", overview);
            Outcome outcome = Expect(ExitCode.Done, command.Name, "--help");
            string flat = string.Join(' ', outcome.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            foreach (Flag flag in command.Flags)
            {
                Assert.Contains(flag.Name, flat);
                Assert.Contains(flag.Range, flat);
                if (!flag.Required) Assert.Contains(flag.Default, flat);
            }
            Assert.Contains(command.Example, flat);
            Assert.Equal(outcome.Output, Expect(ExitCode.Done, "help", command.Name).Output);
        }
    }

    [Fact]
    public void Help_names_nothing_that_is_not_built()
    {
        string all = string.Join('\n', Program.Commands.Select(HelpText.Of).Prepend(HelpText.Overview(Program.Commands)));
        string[] words = all.Split([' ', '\n', '[', ']', ',', ';', '|'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(words.Intersect(Flags.NotBuilt.Keys));
        Assert.Empty(Program.Commands.Select(command => command.Name).Intersect(Flags.CommandsNotBuilt));
    }

    [Fact]
    public void Examples_and_defaults_of_options_are_accepted_by_their_own_parsers()
    {
        foreach (Flag flag in Program.Commands.SelectMany(command => command.Flags).Where(flag => flag is not Switch)) Assert.Null(flag.Problem(flag.Example));
        foreach (Flag flag in new Flag[] { Flags.Seed, Flags.ShardSize, Flags.TileSize, Flags.Digest, Flags.Lanes, Flags.Device, Flags.Engine, Flags.ValueFormat }) Assert.Null(flag.Problem(flag.Default));
        Assert.True(Flags.ShardSize.Parse(Flags.ShardSize.Default, out long shard) && shard == Flags.ShardSize.Fallback);
        Assert.True(Flags.TileSize.Parse(Flags.TileSize.Default, out long tile) && tile == Flags.TileSize.Fallback);
    }
}
