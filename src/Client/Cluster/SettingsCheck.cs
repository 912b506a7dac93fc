using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using ShardInit.Client.CommandLine;
using ShardInit.Errors;

namespace ShardInit.Client.Cluster;

/// <summary>Compares a configuration with the record that it is for, before it is bound: names every unknown key and every wrong value at once.</summary>
internal static class SettingsCheck
{
    /// <param name="where">For messages: a file.</param>
    public static void Run(IConfiguration given, Type record, string where, Problems problems) => Object(given, record, "", where, problems);

    /// <summary>Every setting of a record, as keys say it: <c>endpoint.siloPort</c>; <c>NAME</c> stands for keys of the user's own.</summary>
    public static IEnumerable<(string Key, PropertyInfo Property)> All(Type record, string prefix = "")
    {
        foreach (PropertyInfo property in Properties(record))
        {
            string key = prefix + Key(property);
            if (ValueOf(property.PropertyType) is { } value) foreach (var inner in All(value, $"{key}.NAME.")) yield return inner;
            else if (IsObject(property.PropertyType)) foreach (var inner in All(property.PropertyType, $"{key}.")) yield return inner;
            else yield return (key, property);
        }
    }

    private static void Object(IConfiguration given, Type record, string prefix, string where, Problems problems)
    {
        PropertyInfo[] known = Properties(record);
        foreach (IConfigurationSection section in given.GetChildren())
        {
            if (Find(record, section.Key) is { } property) Value(section, property.PropertyType, prefix + Key(property), where, problems);
            else
            {
                string advice = Nearest.Of(section.Key.ToLowerInvariant(), known.Select(Key)) is { } near ? $"did you mean {prefix}{near}?" : $"known: {string.Join(", ", known.Select(Key))}";
                problems.Add($"{where}: unknown setting {Problems.Quote(prefix + section.Key)}; {advice}");
            }
        }
    }

    private static void Value(IConfigurationSection section, Type type, string key, string where, Problems problems)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        bool hasChildren = section.GetChildren().Any();
        if (ValueOf(plain) is { } value)
        {
            if (section.Value is { Length: > 0 } text) problems.Add($"{where}: {key}: expected an object, found {Problems.Quote(text)}");
            foreach (IConfigurationSection child in section.GetChildren()) Value(child, value, $"{key}.{child.Key}", where, problems);
        }
        else if (IsObject(plain))
        {
            if (section.Value is { Length: > 0 } text) problems.Add($"{where}: {key}: expected an object, found {Problems.Quote(text)}");
            Object(section, plain, $"{key}.", where, problems);
        }
        else if (IsList(plain))
        {
            if (section.Value is { Length: > 0 } text) problems.Add($"{where}: {key}: expected a list, found {Problems.Quote(text)}");
            else if (!hasChildren) problems.Add($"{where}: {key}: expected at least one, found none; leave it out for the default");
            foreach (IConfigurationSection item in section.GetChildren().Where(item => !int.TryParse(item.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            {
                problems.Add($"{where}: {key}: expected a list, whose items have the numbers 0, 1 and so on, found {Problems.Quote(item.Key)}");
            }
            if (section.GetChildren().Any(item => item.Value is "")) problems.Add($"{where}: {key}: expected texts that are not empty, found an empty one");
        }
        else if (hasChildren) problems.Add($"{where}: {key}: expected {Kind(plain)}, found an object or a list");
        else if (section.Value is "") problems.Add($"{where}: {key}: expected {Kind(plain)}, found an empty text; leave it out for the default");
        else if (section.Value is { } text && !IsValue(text, plain)) problems.Add($"{where}: {key}: expected {Kind(plain)}, found {Problems.Quote(text)}");
    }

    private static bool IsValue(string text, Type type)
    {
        if (type == typeof(string)) return true;
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, text) is not null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Kind(Type type) => type == typeof(string) ? "a text" : type == typeof(bool) ? "true or false" : type == typeof(double) ? "a number" : type == typeof(uint) ? "an integer from 0 on" : "an integer";

    internal static string Key(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    /// <summary>The member that a key means; null where there is none.</summary>
    internal static PropertyInfo? Find(Type record, string key) => Properties(record).FirstOrDefault(property => property.Name.Equals(key, StringComparison.OrdinalIgnoreCase));

    /// <summary>Type of the values of a dictionary; null for other types.</summary>
    internal static Type? ValueOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) ? type.GetGenericArguments()[1] : null;

    internal static bool IsObject(Type type) => type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type);

    internal static bool IsList(Type type) => typeof(IList).IsAssignableFrom(type);

    private static PropertyInfo[] Properties(Type record) => [.. record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)];
}
