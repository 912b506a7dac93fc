using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;

namespace ShardInit.Grains;

/// <summary>How the records of this program travel between silos and clients; both sides call <see cref="AddShardInit"/>, so that they cannot disagree.</summary>
public static class WireFormat
{
    private const string Namespace = "ShardInit";

    /// <summary>What the database's driver throws. Its messages name the server, the account and the tables, never a password or a connection string.</summary>
    private const string DriverNamespace = "Npgsql";

    /// <summary>Members that only compute are not sent: their owner computes them again.</summary>
    private static readonly JsonSerializerOptions s_json = new()
    {
        IgnoreReadOnlyProperties = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>
    /// Records as JSON, so that Core needs no attribute of Orleans and a member that a newer release added is passed over by an older one; lists that the compiler made for
    /// <c>[a, b]</c> as arrays; exceptions by name and message.
    /// </summary>
    public static ISerializerBuilder AddShardInit(this ISerializerBuilder builder)
    {
        builder.AddJsonSerializer(IsRecord, s_json);
        builder.Services.AddSingleton<ReadOnlyListCodec>();
        builder.Services.AddSingleton<IGeneralizedCodec>(services => services.GetRequiredService<ReadOnlyListCodec>());
        builder.Services.AddSingleton<IGeneralizedCopier>(services => services.GetRequiredService<ReadOnlyListCodec>());
        builder.Services.AddSingleton<ITypeFilter>(services => services.GetRequiredService<ReadOnlyListCodec>());
        builder.Services.Configure<ExceptionSerializationOptions>(options =>
        {
            options.SupportedNamespacePrefixes.Add(Namespace);
            options.SupportedNamespacePrefixes.Add(DriverNamespace);
        });
        return builder;
    }

    private static bool IsRecord(Type type) => IsOwn(type) && !typeof(Exception).IsAssignableFrom(type);

    private static bool IsOwn(Type type) => type.Namespace == Namespace || type.Namespace?.StartsWith(Namespace + ".", StringComparison.Ordinal) == true;
}
