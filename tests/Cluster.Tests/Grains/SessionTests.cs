using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Grains;

namespace ShardInit.Cluster.Tests.Grains;

/// <summary>Sessions at the gate: what they show of themselves, and what is said where they cannot be asked.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shardinit-session-").FullName;
    private readonly TestCertificates _certificates;
    private readonly ClusterMetrics _metrics = new();
    private readonly string _id = SessionId.New();
    private readonly List<string> _asked = [];

    public SessionTests() => _certificates = new TestCertificates(_folder);

    public void Dispose()
    {
        _certificates.Dispose();
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_gate_asks_for_the_tenant_by_a_hash_of_the_id()
    {
        await Call(() => Task.FromResult<string?>("a"));
        Assert.Equal([SessionId.KeyOf(_id)], _asked);
        Assert.DoesNotContain(_id, _asked[0]);
        // A key that somebody has read in a log is no id.
        Assert.False(SessionId.IsOne(_asked[0]));
    }

    [Fact]
    public async Task A_session_that_nobody_proved_is_to_be_proved() =>
        Assert.Equal(CallGate.UnknownSession, (await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Call(() => Task.FromResult<string?>(null)))).Message);

    /// <summary>The silo that holds it is gone: the client asks again, and is not told that it may not.</summary>
    [Fact]
    public async Task A_session_that_does_not_answer_is_no_refusal()
    {
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Call(() => throw new SiloUnavailableException("gone")));
        await Assert.ThrowsAsync<TimeoutException>(() => Call(() => Task.FromException<string?>(new TimeoutException())));
    }

    private async Task Call(Func<Task<string?>> tenant)
    {
        using X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(_certificates.Authority);
        ISessionGrain session = Stand<ISessionGrain>((_, _) => tenant());
        IGrainFactory grains = Stand<IGrainFactory>((_, arguments) =>
        {
            _asked.Add((string)arguments[0]!);
            return session;
        });
        IIncomingGrainCallContext call = Stand<IIncomingGrainCallContext>((method, _) => method.Name switch
        {
            "get_InterfaceMethod" => typeof(IJobGrain).GetMethod(nameof(IJobGrain.View)),
            "get_TargetId" => GrainId.Create("job", "main/a"),
            "Invoke" => Task.CompletedTask,
            _ => throw new InvalidOperationException(method.Name),
        });
        RequestContext.Set(ISessionGrain.ContextKey, _id);
        await new CallGate(new SessionPolicy("test", [authority], [1]), grains, _metrics, NullLogger<CallGate>.Instance).Invoke(call);
    }

    private static T Stand<T>(Func<MethodInfo, object?[], object?> answer) where T : class
    {
        T made = DispatchProxy.Create<T, StandIn>();
        ((StandIn)(object)made).Answer = answer;
        return made;
    }

    /// <summary>Answers each call of an interface by one function.</summary>
    public class StandIn : DispatchProxy
    {
        public Func<MethodInfo, object?[], object?> Answer { get; set; } = null!;

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) => Answer(method!, arguments ?? []);
    }
}
