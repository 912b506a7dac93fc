using Microsoft.Win32.SafeHandles;
using ShardInit.Storage;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>Time that moves when a test says so.</summary>
internal sealed class VirtualClock : TimeProvider
{
    public TimeSpan Now { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;
}

/// <summary>
/// A directory as the clients of a network file system see it: new names stay hidden from other clients for a while, removed names linger in listings, and renames are
/// reported as failed although they happened. What the server decides (a name exists already) is always right. All seeded.
/// </summary>
/// <param name="hasLocks">The locks of dead clients become free for the others; without, nobody learns that a claimant is dead.</param>
internal sealed class SharedFileSystem(System.Random random, VirtualClock clock, TimeSpan hiddenAtMost, double failedRenames, bool hasLocks)
{
    private readonly Dictionary<string, (int Creator, TimeSpan At, int[] Seeds)> _created = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _deleted = new(StringComparer.Ordinal);

    /// <summary>Called whenever a name is published, before anybody hears of it.</summary>
    public Action<string> OnPublish { get; set; } = _ => { };

    public int HiddenAnswers { get; private set; }

    public int FailedRenames { get; private set; }

    public FileOperations Client(int number) => new ClientOperations(this, number);

    private void Created(string path, int client)
    {
        _deleted.Remove(path);
        _created[path] = (client, clock.Now, [random.Next(), random.Next(), random.Next(), random.Next(), random.Next(), random.Next(), random.Next(), random.Next()]);
    }

    private void Deleted(string path)
    {
        if (_created.Remove(path)) _deleted[path] = clock.Now;
    }

    /// <summary>Half of the names are seen at once, the others after up to the limit, each client in its own time.</summary>
    private bool IsHidden(string path, int client)
    {
        if (!_created.TryGetValue(path, out (int Creator, TimeSpan At, int[] Seeds) name) || name.Creator == client) return false;
        double share = Math.Max(0, (2.0 * name.Seeds[client % name.Seeds.Length] / int.MaxValue) - 1);
        bool hidden = clock.Now < name.At + (share * hiddenAtMost);
        if (hidden) HiddenAnswers++;
        return hidden;
    }

    /// <summary>Removed names that a listing still shows.</summary>
    private IEnumerable<string> Lingering() => _deleted.Where(pair => clock.Now - pair.Value < TimeSpan.FromSeconds(30) && random.Next(2) == 0).Select(pair => pair.Key);

    private bool IsLockUnknown(string path, int client) => !hasLocks && (!_created.TryGetValue(path, out (int Creator, TimeSpan At, int[] Seeds) name) || name.Creator != client);

    private void MaybeFail(string path)
    {
        if (random.NextDouble() >= failedRenames) return;
        FailedRenames++;
        throw FileErrors.Failed(random.Next(3) switch { 0 => Errno.ENOENT, 1 => Errno.EIO, _ => Errno.ESTALE }, "publish", path);
    }

    private sealed class ClientOperations(SharedFileSystem shared, int client) : FileOperations
    {
        private static readonly FileOperations s_real = System;

        public override SafeFileHandle CreateNew(string path)
        {
            SafeFileHandle file = s_real.CreateNew(path);
            shared.Created(path, client);
            return file;
        }

        public override SafeFileHandle? TryOpenDirect(string path) => null;
        public override SafeFileHandle? TryOpenReadDirect(string path) => null;
        public override SafeFileHandle? TryOpenRead(string path) => shared.IsHidden(path, client) ? null : s_real.TryOpenRead(path);
        public override SafeFileHandle? TryOpenAbandoned(string path) => shared.IsHidden(path, client) || shared.IsLockUnknown(path, client) ? null : s_real.TryOpenAbandoned(path);
        public override bool TryLock(SafeFileHandle file) => s_real.TryLock(file);
        public override void Reserve(SafeFileHandle file, string path, long length) => s_real.Reserve(file, path, length);
        public override void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset) => s_real.Write(file, path, bytes, offset);
        public override bool TryWriteDirect(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset) => false;
        public override void Flush(SafeFileHandle file, string path) { }
        public override void FlushDirectory(string directory) { }
        public override bool TryAppend(string path, ReadOnlySpan<byte> bytes) => s_real.TryAppend(path, bytes);
        public override long? LengthOf(string path) => shared.IsHidden(path, client) ? null : s_real.LengthOf(path);

        public override IReadOnlyList<string> List(string directory) =>
        [
            .. s_real.List(directory).Where(name => !shared.IsHidden(Path.Combine(directory, name), client)),
            .. shared.Lingering().Select(path => Path.GetFileName(path)),
        ];

        public override bool TryPublish(string temporary, string final)
        {
            shared.OnPublish(final);
            if (!s_real.TryPublish(temporary, final)) return false;
            Renamed(temporary, final);
            return true;
        }

        public override void Replace(string temporary, string final)
        {
            shared.OnPublish(final);
            s_real.Replace(temporary, final);
            Renamed(temporary, final);
        }

        public override void Delete(string path)
        {
            // What a client does not see it cannot name.
            if (shared.IsHidden(path, client)) return;
            s_real.Delete(path);
            shared.Deleted(path);
        }

        private void Renamed(string temporary, string final)
        {
            shared.Deleted(temporary);
            shared.Created(final, client);
            shared.MaybeFail(final);
        }
    }
}
