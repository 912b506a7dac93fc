using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ShardInit.Grains;

/// <summary>
/// Stands before every grain, those of the runtime included. Calls of silos carry a secret; calls of clients may go to interfaces marked by <see cref="IClientCall"/> only, and carry a session whose tenant
/// they act for. A client that speaks Orleans' protocol by itself can send anything, so nothing that it says of itself is believed.
/// </summary>
internal sealed partial class CallGate(SessionPolicy policy, IGrainFactory grains, ClusterMetrics metrics, ILogger<CallGate> log) : IIncomingGrainCallFilter
{
    /// <summary>What a client does when it sees this is prove itself again.</summary>
    public const string UnknownSession = "expected a session that was proved, found none; prove again";

    private const string DefaultTenant = "default";

    /// <summary>
    /// What the runtime calls without the mark of a silo: clients ask for the list of grain types, and a grain's own timer calls it. Nothing else of the runtime is for clients: its management
    /// grain, for one, lists the keys of sessions, and who has such a key acts for its tenant.
    /// </summary>
    private static readonly string[] s_openToAll = ["Orleans.Runtime.IClusterManifestSystemTarget", "Orleans.Runtime.IGrainTimerInvoker"];

    private readonly byte[] _stamp = Encoding.UTF8.GetBytes(SiloStamp.Of(policy));

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType is { } called && !IsSilo() && await Admit(called, context.InterfaceMethod, context.TargetId) is { } tenant) TenantContext.Tenant = tenant;
        await context.Invoke();
    }

    private bool IsSilo() => RequestContext.Get(SiloStamp.Key) is string stamp && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(stamp), _stamp);

    /// <summary>The tenant that the call acts for; null where it needs none.</summary>
    private async Task<string?> Admit(Type called, MethodInfo method, GrainId target)
    {
        if (called.Assembly != typeof(CallGate).Assembly)
        {
            return !policy.IsClosed || s_openToAll.Contains(called.FullName) ? null : throw Refuse($"{called.Name}.{method.Name}", "expected a call of a silo");
        }
        bool isForClients = called.IsAssignableTo(typeof(IClientCall));
        if (!policy.IsClosed)
        {
            if (!isForClients) return null;
            return RequestContext.Get(ISessionGrain.UnprovedTenantKey) is string name && SessionPolicy.IsName(name) ? name : DefaultTenant;
        }
        string? key = RequestContext.Get(ISessionGrain.ContextKey) is string session && SessionId.IsOne(session) ? SessionId.KeyOf(session) : null;
        if (called == typeof(ISessionGrain) && method.Name is nameof(ISessionGrain.Challenge) or nameof(ISessionGrain.Prove))
        {
            // Who has read a key somewhere has not got the session.
            return target.Key.ToString() == key ? null : throw Refuse($"{called.Name}.{method.Name}", "expected the session's own id with the call");
        }
        if (!isForClients) throw Refuse($"{called.Name}.{method.Name}", "expected a call of a silo (silos with different certificates need one secretFile)");
        // A session grain that does not answer is no refusal: its error goes to the client as it is, who asks again.
        return (key is null ? null : await grains.GetGrain<ISessionGrain>(key).Tenant()) ?? throw Refuse($"{called.Name}.{method.Name}", UnknownSession);
    }

    private UnauthorizedAccessException Refuse(string call, string why)
    {
        metrics.CallRefused();
        LogRefused(log, call, why);
        return new UnauthorizedAccessException(why);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "refused a call of {Call}: {Reason}")]
    private static partial void LogRefused(ILogger log, string call, string reason);
}

/// <summary>Marks calls that start in a silo and go to a silo. What the runtime says to a client bears no mark: the secret would go with it.</summary>
internal sealed class SiloStamp(SessionPolicy policy) : IOutgoingGrainCallFilter
{
    public const string Key = "shardinit-silo";

    private readonly string _stamp = Of(policy);

    public static string Of(SessionPolicy policy) => Convert.ToHexStringLower(policy.Secret);

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.TargetId.IsClient()) RequestContext.Remove(Key);
        else RequestContext.Set(Key, _stamp);
        return context.Invoke();
    }
}
