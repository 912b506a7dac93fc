using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ShardInit.Grains;

/// <summary>
/// Stands before every grain of this program. Calls of silos carry a secret; calls of clients may go to interfaces marked by <see cref="IClientCall"/> only, and carry a session whose tenant
/// they act for. A client that speaks Orleans' protocol by itself can send anything, so nothing that it says of itself is believed.
/// </summary>
internal sealed partial class CallGate(SessionPolicy policy, IGrainFactory grains, ClusterMetrics metrics, ILogger<CallGate> log) : IIncomingGrainCallFilter
{
    /// <summary>What a client does when it sees this is prove itself again.</summary>
    public const string UnknownSession = "expected a session that was proved, found none; prove again";

    private const string DefaultTenant = "default";

    private readonly byte[] _stamp = Encoding.UTF8.GetBytes(SiloStamp.Of(policy));

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType is { } called && called.Assembly == typeof(CallGate).Assembly && !IsSilo() && await Admit(called, context.InterfaceMethod) is { } tenant)
        {
            TenantContext.Tenant = tenant;
        }
        await context.Invoke();
    }

    private bool IsSilo() => RequestContext.Get(SiloStamp.Key) is string stamp && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(stamp), _stamp);

    /// <summary>The tenant that the call acts for; null where it needs none.</summary>
    private async Task<string?> Admit(Type called, MethodInfo method)
    {
        bool isForClients = called.IsAssignableTo(typeof(IClientCall));
        if (!policy.IsClosed)
        {
            if (!isForClients) return null;
            return RequestContext.Get(ISessionGrain.UnprovedTenantKey) is string name && SessionPolicy.IsName(name) ? name : DefaultTenant;
        }
        if (called == typeof(ISessionGrain) && method.Name is nameof(ISessionGrain.Challenge) or nameof(ISessionGrain.Prove)) return null;
        if (!isForClients) throw Refuse($"{called.Name}.{method.Name}", "expected a call of a silo (silos with different certificates need one secretFile)");
        if (RequestContext.Get(ISessionGrain.ContextKey) is not string session || session.Length != 64) throw Refuse($"{called.Name}.{method.Name}", UnknownSession);
        return await grains.GetGrain<ISessionGrain>(session).Tenant() ?? throw Refuse($"{called.Name}.{method.Name}", UnknownSession);
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

/// <summary>Marks calls that start in a silo.</summary>
internal sealed class SiloStamp(SessionPolicy policy) : IOutgoingGrainCallFilter
{
    public const string Key = "shardinit-silo";

    private readonly string _stamp = Of(policy);

    public static string Of(SessionPolicy policy) => Convert.ToHexStringLower(policy.Secret);

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        RequestContext.Set(Key, _stamp);
        return context.Invoke();
    }
}
