using ShardInit.Ranks;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>What is read out of /proc and /sys, from trees with the files that kernels and container engines put there.</summary>
public sealed class NodeCoresTests : IDisposable
{
    private readonly Workspace _machine = new();

    public NodeCoresTests()
    {
        _machine.Write("sys/devices/system/cpu/online", "0-127\n");
        _machine.Write("proc/self/status", "Name:\tshardinit\nCpus_allowed:\tff\nCpus_allowed_list:\t0-127\nMems_allowed_list:\t0-1\n");
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_machine_without_control_groups() => Assert.Equal(new NodeCores(128, 128, null, null, null), Read());

    [Fact]
    public void A_machine_that_says_nothing()
    {
        using Workspace empty = new();
        Assert.Equal(new NodeCores(Environment.ProcessorCount, Environment.ProcessorCount, null, null, null), NodeCores.Read(empty.Path, _ => null));
    }

    [Fact]
    public void A_Slurm_task_bound_to_four_of_the_sixteen_of_its_step()
    {
        _machine.Write("proc/self/status", "Cpus_allowed_list:\t4-5,68-69\n");
        _machine.Write("proc/self/cgroup", "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_2\n");
        _machine.Write("sys/fs/cgroup/cpuset.cpus.effective", "0-127\n");
        const string Step = "sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0";
        _machine.Write($"{Step}/cpuset.cpus.effective", "0-7,64-71\n");
        _machine.Write($"{Step}/user/cpuset.cpus.effective", "0-7,64-71\n");
        _machine.Write($"{Step}/user/task_2/cpu.max", "max 100000\n");
        Assert.Equal(new NodeCores(4, 16, null, 16, 4), Read("SLURM_CPUS_ON_NODE=16 SLURM_CPUS_PER_TASK=4"));
    }

    [Fact]
    public void A_pod_sees_its_quota_at_the_root_of_its_own_hierarchy()
    {
        _machine.Write("proc/self/cgroup", "0::/\n");
        _machine.Write("sys/fs/cgroup/cpu.max", "250000 100000\n");
        _machine.Write("sys/fs/cgroup/cpuset.cpus.effective", "0-127\n");
        Assert.Equal(new NodeCores(128, 128, 2.5, null, null), Read());
    }

    [Fact]
    public void The_tightest_quota_on_the_way_up_counts()
    {
        _machine.Write("proc/self/cgroup", "0::/a/b/c\n");
        _machine.Write("sys/fs/cgroup/a/cpu.max", "400000 100000\n");
        _machine.Write("sys/fs/cgroup/a/b/cpu.max", "300000 50000\n");
        _machine.Write("sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
        Assert.Equal(4, Read().Quota);
    }

    [Fact]
    public void The_path_of_the_host_leads_to_the_nearest_folder_that_is_there()
    {
        _machine.Write("proc/self/cgroup", "0::/kubepods/pod1/abc\n");
        _machine.Write("sys/fs/cgroup/cpu.max", "100000 100000\n");
        _machine.Write("sys/fs/cgroup/cpuset.cpus.effective", "3,5\n");
        Assert.Equal(new NodeCores(128, 2, 1, null, null), Read());
    }

    [Fact]
    public void Version_1_has_a_hierarchy_for_each_controller()
    {
        _machine.Write("proc/self/cgroup", "9:cpuset:/docker/1\n3:cpu,cpuacct:/docker/1\n1:name=systemd:/docker/1\n0::/\n");
        _machine.Write("sys/fs/cgroup/cpuset/docker/1/cpuset.cpus", "0-15\n");
        _machine.Write("sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "200000\n");
        _machine.Write("sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us", "100000\n");
        _machine.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        _machine.Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        Assert.Equal(new NodeCores(128, 16, 2, null, null), Read());
    }

    [Fact]
    public void Variables_of_Slurm_that_are_no_numbers_limit_nothing() => Assert.Equal(new NodeCores(128, 128, null, null, null), Read("SLURM_CPUS_ON_NODE=many SLURM_CPUS_PER_TASK=0"));

    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3,8,10-11\n", 7)]
    [InlineData("", null)]
    [InlineData("\n", null)]
    [InlineData("3-1", null)]
    [InlineData("1-2-3", null)]
    [InlineData("a", null)]
    [InlineData("1,,2", null)]
    [InlineData("0-2147483647", int.MaxValue)]
    public void Lists_of_cores_are_counted(string list, int? cores) => Assert.Equal(cores, NodeCores.CoresIn(list));

    [Theory]
    [InlineData("max 100000\n", null)]
    [InlineData("150000 100000\n", 1.5)]
    [InlineData("-1 100000", null)]
    [InlineData("150000", null)]
    [InlineData("150000 0", null)]
    [InlineData(" ", null)]
    [InlineData(null, null)]
    public void Quotas_are_in_cores(string? text, double? cores) => Assert.Equal(cores, NodeCores.QuotaOf(text));

    [SkippableFact]
    public void This_machine_can_be_read()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs /proc");
        NodeCores cores = NodeCores.Read("/", Environment.GetEnvironmentVariable);
        Assert.True(cores.Affinity >= 1 && cores.Cpuset >= cores.Affinity, cores.ToString());
        // The runtime counts the same affinity, less where a quota is tighter.
        Assert.InRange(Environment.ProcessorCount, 1, cores.Affinity);
    }

    private NodeCores Read(string environment = "")
    {
        Variables variables = new(environment);
        return NodeCores.Read(_machine.Path, name => variables[name]);
    }
}
