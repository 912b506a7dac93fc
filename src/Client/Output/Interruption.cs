using System.Runtime.InteropServices;

namespace ShardInit.Client.Output;

/// <summary>Ctrl-C and SIGTERM as a token. The second signal ends the process at once; that loses no more than kill -9 would.</summary>
public sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption()
    {
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
    }

    public CancellationToken Token => _source.Token;

    private void Stop(PosixSignalContext context)
    {
        if (_source.IsCancellationRequested) Environment.Exit(CommandLine.ExitCode.Interrupted);
        context.Cancel = true;
        _source.Cancel();
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _source.Dispose();
    }
}
