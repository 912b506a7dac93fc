using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>Stands before a gateway. Of what the gateway says it passes on its greeting and nothing else, and holds the connection: as a silo that is stopped just then.</summary>
internal sealed class SilentGateway : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _gateway;
    private int _fallen;

    public SilentGateway(IPEndPoint gateway)
    {
        _gateway = gateway;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => $"{_listener.LocalEndpoint}";

    /// <summary>Connections that were greeted and then left alone.</summary>
    public int Fallen => Volatile.Read(ref _fallen);

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (TcpClient gateway = new())
        {
            await gateway.ConnectAsync(_gateway, _end.Token);
            Task asked = client.GetStream().CopyToAsync(gateway.GetStream(), _end.Token);
            // Orleans' greeting: its length as four bytes, then so many.
            byte[] length = new byte[4];
            await gateway.GetStream().ReadExactlyAsync(length, _end.Token);
            byte[] greeting = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
            await gateway.GetStream().ReadExactlyAsync(greeting, _end.Token);
            await client.GetStream().WriteAsync((byte[])[.. length, .. greeting], _end.Token);
            Interlocked.Increment(ref _fallen);
            await asked;
        }
    }
}
