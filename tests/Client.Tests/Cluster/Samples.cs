using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>A value of any record, every member filled with something that is not its default, so that a member that gets lost is seen.</summary>
internal static class Samples
{
    public static object Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return Of(inner);
        if (type == typeof(string)) return "text '\u00e9\u4e2d \"";
        if (type == typeof(bool)) return true;
        if (type == typeof(byte)) return (byte)200;
        if (type == typeof(int)) return -7;
        if (type == typeof(long)) return long.MaxValue - 3;
        if (type == typeof(double)) return 0.1;
        if (type == typeof(TimeSpan)) return TimeSpan.FromTicks(1234567891);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        if (type.IsArray) return Filled(type.GetElementType()!);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return Filled(type.GetGenericArguments()[0]);
        ConstructorInfo constructor = type.GetConstructors().MaxBy(candidate => candidate.GetParameters().Length) ?? throw new InvalidOperationException($"no way to make a {type}");
        object made = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Of(parameter.ParameterType))]);
        foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite)) property.SetValue(made, Of(property.PropertyType));
        return made;
    }

    /// <summary>All public members, deep.</summary>
    public static string Text(object value) => JsonSerializer.Serialize(value, value.GetType(), new JsonSerializerOptions { IgnoreReadOnlyProperties = true });

    private static Array Filled(Type element)
    {
        Array array = Array.CreateInstance(element, 2);
        for (int i = 0; i < array.Length; i++) ((IList)array)[i] = Of(element);
        return array;
    }
}
