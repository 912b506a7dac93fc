namespace ShardInit.Grains;

/// <summary>The tenant of the call that is being served, as <see cref="CallGate"/> found it.</summary>
internal static class TenantContext
{
    private const string Key = "shardinit-proved-tenant";

    public static string Tenant
    {
        get => RequestContext.Get(Key) as string ?? throw new UnauthorizedAccessException("expected a tenant, found none; connect with a certificate of the cluster");
        set => RequestContext.Set(Key, value);
    }
}
