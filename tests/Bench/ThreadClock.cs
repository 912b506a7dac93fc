using System.Runtime.InteropServices;

namespace ShardInit.Bench;

/// <summary>CPU seconds of the calling thread: what a rate is divided by, so that other work on the machine counts less.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    public static double Seconds()
    {
        if (GetTime(ThreadCpuTime, out TimeSpec time) != 0) throw new InvalidOperationException("clock_gettime failed");
        return time.Seconds + (time.Nanoseconds * 1e-9);
    }
}
