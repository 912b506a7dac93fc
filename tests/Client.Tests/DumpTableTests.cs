using System.Diagnostics;
using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>python/dump_table.py with the torch that is installed (1.13 in Debian, or 2.x); skipped where there is none.</summary>
public sealed class DumpTableTests : IDisposable
{
    private static readonly Lazy<string?> s_python = new(() => new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(HasTorch));

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static bool HasTorch(string python)
    {
        try
        {
            return Finish(CommandLineRun.Start(python, ["-c", "import torch"])).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private string Table(params string[] arguments)
    {
        Skip.If(s_python.Value is null, "no python3 with torch");
        Process process = CommandLineRun.Start(s_python.Value!, [SourceTree.PathOf("python/dump_table.py"), .. arguments], _scratch.Root);
        Outcome outcome = Finish(process);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return _scratch.Write("table.json", outcome.Output);
    }

    [SkippableFact]
    public void A_module_of_torch_is_planned_with_its_defaults()
    {
        string table = Table("torch.nn:TransformerEncoderLayer", "--set", "d_model=64", "--set", "nhead=4", "--set", "dim_feedforward=128");
        string plan = Expect(ExitCode.Done, "plan", table, "--recipe", "torch-default", "--tensors").Output;
        foreach (string name in new[] { "self_attn.in_proj_weight", "linear1.weight", "norm2.bias" }) Assert.Contains(name, plan);
    }

    // Four billion numbers that are nowhere: ties, a padding row, buffers of both kinds.
    [SkippableFact]
    public void Ties_padding_rows_and_buffers_are_seen_and_nothing_is_allocated()
    {
        _scratch.Write("mine.py", """
            import torch

            class Mine(torch.nn.Module):
                def __init__(self, rows=1000000000, width=4):
                    super().__init__()
                    self.embed = torch.nn.Embedding(rows, width, padding_idx=3)
                    self.norm = torch.nn.BatchNorm1d(width)
                    self.scale = torch.nn.Parameter(torch.zeros(width))
                    self.head = torch.nn.Linear(width, rows, bias=False)
                    self.head.weight = self.embed.weight
                    self.register_buffer("ids", torch.arange(7))
                    self.register_buffer("cache", torch.zeros(5), persistent=False)
            """);
        using JsonDocument table = JsonDocument.Parse(File.ReadAllText(Table("mine:Mine", "--set", "width=4", "--dtype", "BF16")));
        string[] rows = [.. table.RootElement.GetProperty("tensors").EnumerateArray().Select(row => string.Join(' ', row.EnumerateObject().Select(member => member.Value.ToString().Replace(" ", "", StringComparison.Ordinal))))];
        Assert.Equal(
            [
                "embed.weight [1000000000,4] BF16 Embedding [3]", "head.weight [1000000000,4] BF16 embed.weight", "ids [7] I64 buffer:Mine", "norm.bias [4] BF16 BatchNorm1d",
                "norm.num_batches_tracked [] I64 buffer:BatchNorm1d", "norm.running_mean [4] BF16 buffer:BatchNorm1d", "norm.running_var [4] BF16 buffer:BatchNorm1d", "norm.weight [4] BF16 BatchNorm1d",
                "scale [4] BF16 Parameter:Mine",
            ], rows);
        Assert.Equal(4, table.RootElement.GetProperty("config").GetProperty("width").GetInt32());
    }
}
