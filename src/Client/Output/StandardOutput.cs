using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ShardInit.Client.Output;

/// <summary>The reader of standard output has gone: it has all it wanted.</summary>
public sealed class BrokenPipeException() : IOException("standard output was closed by its reader");

/// <summary>
/// Standard output by write(2). The console's own stream drops what a closed pipe does not take, so that a long read would go on for nobody; and a
/// FileStream writes at offsets of its own, so that a second program appending to the same redirected file would overwrite.
/// </summary>
public sealed partial class StandardOutput : Stream
{
    private const int Descriptor = StandardDescriptors.Output;
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;

    public static Stream Open() => OperatingSystem.IsLinux() ? new StandardOutput() : Console.OpenStandardOutput();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (StandardDescriptors.IsClosed(Descriptor)) throw new IOException("standard output: expected it to be open, found it closed; send it to a file or to /dev/null");
        while (!buffer.IsEmpty)
        {
            nint written = WriteBytes(Descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted: break;
                case TryAgain: Thread.Sleep(1); break;
                case BrokenPipe: throw new BrokenPipeException();
                case int error: throw new IOException($"standard output: {new Win32Exception(error).Message}");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteBytes(int descriptor, ReadOnlySpan<byte> buffer, nuint count);
}
