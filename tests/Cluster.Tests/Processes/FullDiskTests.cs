using System.Diagnostics;
using System.Text.Json;
using ShardInit.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>A file system that is full: a few attempts with growing pauses, then the job says why; nobody else's job minds, and with more room the same submit goes on.</summary>
public sealed class FullDiskTests(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_full_disk_fails_its_own_job_after_a_few_attempts_and_the_next_submit_goes_on()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs root, to mount a small file system");
        string small = Directory.CreateTempSubdirectory("shardinit-small-").FullName;
        try
        {
            Skip.IfNot(await Mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", small), "needs the right to mount a small file system");
            using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(2, roots: new() { ["small"] = small });
            Work work = new(cluster);
            // Twice what there is room for.
            string[] plan = work.Plan(256, 16), other = work.Plan(400, 64, seed: 6);
            string job = await work.Submitted(plan, "small/job");
            Outcome undisturbed = await work.Submit(other, "main/other", "--watch");
            Assert.True(undisturbed.ExitCode == 0, undisturbed.ToString());
            Assert.Equal(await work.Local(other), ClusterOfProcesses.Fingerprint(cluster.At("main/other")));

            JsonElement status = default;
            await Eventually.IsAsync(async () => (status = await work.Status(job)).GetProperty("status").GetString() == "failed", "the job fails");
            string reason = status.GetProperty("reason").GetString()!;
            Assert.Contains("no space left", reason);
            Assert.DoesNotContain(small, reason);
            int attempts = cluster.Silos.Sum(silo => silo!.Warnings("ShardInit.Worker").Count(line => line.Contains(" failed: ", StringComparison.Ordinal)));
            output.WriteLine($"{attempts} attempts failed before the job did: {reason}");
            // Far fewer than there are files without room.
            Assert.InRange(attempts, 3, 60);

            Assert.True(await Mount("-o", "remount,size=16m", small));
            Outcome again = await work.Submit(plan, "small/job", "--watch");
            Assert.True(again.ExitCode == 0, again.ToString());
            Assert.Equal(await work.Local(plan), ClusterOfProcesses.Fingerprint(Path.Combine(small, "job")));
        }
        finally
        {
            await Run("umount", small);
            Directory.Delete(small);
        }
    }

    private static Task<bool> Mount(params string[] arguments) => Run("mount", arguments);

    private static async Task<bool> Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }
}
