using Microsoft.Win32.SafeHandles;
using ShardInit.Storage;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>Operations of a process that may be killed: from then on it changes nothing any more, not even to clear away; closing its handles frees its locks.</summary>
internal sealed class MortalOperations(FileOperations inner, Func<bool> isDead) : FileOperations
{
    public override SafeFileHandle CreateNew(string path) => inner.CreateNew(path);
    public override SafeFileHandle? TryOpenDirect(string path) => inner.TryOpenDirect(path);
    public override SafeFileHandle? TryOpenReadDirect(string path) => inner.TryOpenReadDirect(path);
    public override SafeFileHandle? TryOpenRead(string path) => inner.TryOpenRead(path);
    public override bool TryLock(SafeFileHandle file) => inner.TryLock(file);
    public override SafeFileHandle? TryOpenAbandoned(string path) => inner.TryOpenAbandoned(path);
    public override void Reserve(SafeFileHandle file, string path, long length) => inner.Reserve(file, path, length);
    public override void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset) => inner.Write(file, path, bytes, offset);
    public override bool TryWriteDirect(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset) => inner.TryWriteDirect(file, path, bytes, offset);
    public override void Flush(SafeFileHandle file, string path) => inner.Flush(file, path);
    public override bool TryPublish(string temporary, string final) => inner.TryPublish(temporary, final);
    public override void Replace(string temporary, string final) => inner.Replace(temporary, final);
    public override void FlushDirectory(string directory) => inner.FlushDirectory(directory);
    public override long? LengthOf(string path) => inner.LengthOf(path);
    public override IReadOnlyList<string> List(string directory) => inner.List(directory);
    public override bool TryAppend(string path, ReadOnlySpan<byte> bytes) => inner.TryAppend(path, bytes);

    public override void Delete(string path)
    {
        if (!isDead()) inner.Delete(path);
    }
}
