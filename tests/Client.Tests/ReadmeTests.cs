using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>README.md says what is so: its commands run, its output is real, its tables come from the definitions, its links lead somewhere.</summary>
public sealed partial class ReadmeTests
{
    private const string OptionsStart = "<!-- options: from the definitions; a test compares -->\n";
    private const string OptionsEnd = "<!-- /options -->";
    private const long MaxResidentKiB = 400 << 10;

    private static readonly string s_path = SourceTree.PathOf("README.md");
    private static readonly string s_text = File.ReadAllText(s_path);

    [Fact]
    public void The_option_table_is_that_of_the_definitions()
    {
        (int start, int end) = (s_text.IndexOf(OptionsStart, StringComparison.Ordinal) + OptionsStart.Length, s_text.IndexOf(OptionsEnd, StringComparison.Ordinal));
        string expected = HelpText.MarkdownTable(Program.Commands);
        // To bring it up to date: SHARDINIT_UPDATE=1 ./test ReadmeTests
        if (Environment.GetEnvironmentVariable("SHARDINIT_UPDATE") == "1") File.WriteAllText(s_path, s_text[..start] + expected + s_text[end..]);
        else Assert.Equal(expected, s_text[start..end]);
    }

    [Fact]
    public void Every_command_has_its_line_and_every_exit_code()
    {
        foreach (CommandSpec command in Program.Commands) Assert.Contains($"`{Cli.ProgramName} {command.Name}", s_text);
        foreach (int code in new[] { ExitCode.Done, ExitCode.Failed, ExitCode.Usage, ExitCode.Defects, ExitCode.Interrupted }) Assert.Contains($"\n| {code} |", s_text);
    }

    [Fact]
    public void Links_lead_to_files()
    {
        foreach (string document in Directory.EnumerateFiles(SourceTree.PathOf("docs"), "*.md").Append(s_path).Append(SourceTree.PathOf("CONTRIBUTING.md")))
        {
            foreach (Match link in Links().Matches(File.ReadAllText(document)))
            {
                string target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{document}: a link to {link.Groups[1].Value}, which is not there");
            }
        }
    }

    [SkippableFact]
    public void Its_commands_run_its_output_is_real_and_memory_stays_small()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs /proc");
        using Scratch scratch = new();
        string[] commands = [.. CodeBlocks("sh").SelectMany(block => block.Split('\n')).Where(line => line.StartsWith("./shardinit ", StringComparison.Ordinal))];
        Assert.StartsWith("./shardinit init examples/llama-3.2-1b/config.json --seed 42 --out DIR", commands[0]);
        Assert.Equal("./test", CodeBlocks("sh").First().Split('\n')[1]);
        foreach (string command in commands)
        {
            string[] words = [.. command.Replace("DIR", scratch["out"], StringComparison.Ordinal).Split(' ').Skip(1)];
            // Two threads, as the promise about memory says.
            if (words[0] == "init") words = [.. words, "--threads", "2"];
            Process process = Start(Dotnet, [ProgramFile, .. words], SourceTree.Root);
            Task<long> peak = Task.Run(() => PeakKiB(process.Id));
            Outcome outcome = Finish(process);
            Assert.True(outcome.ExitCode == ExitCode.Done, $"{command}: {outcome}");
            Assert.True(peak.Result < MaxResidentKiB, $"{command}: {peak.Result} KiB resident, at most {MaxResidentKiB}");
            if (words[0] != "init") continue;
            Assert.True(peak.Result > 0, "the process was never seen in /proc");
            foreach (string line in CodeBlocks("text").First().Split('\n', StringSplitOptions.RemoveEmptyEntries)) Assert.Contains(line, outcome.Error);
        }
    }

    /// <summary>The high-water mark of a process, as of its last sign of life.</summary>
    private static long PeakKiB(int process)
    {
        long peak = 0;
        while (true)
        {
            try
            {
                string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
                if (line is null) return peak;
                peak = Math.Max(peak, long.Parse(Digits().Match(line).Value, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                return peak;
            }
            Thread.Sleep(10);
        }
    }

    private static IEnumerable<string> CodeBlocks(string language) => Regex.Matches(s_text, $"```{language}\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
