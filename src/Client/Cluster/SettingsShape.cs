using System.Reflection;
using System.Text.Json;
using ShardInit.Errors;

namespace ShardInit.Client.Cluster;

/// <summary>
/// Compares what stands in a JSON file with the record that it is for. To a configuration, which knows keys and texts alone, an empty list or object is nothing at all, and a list an object with the keys 0, 1, 2:
/// an empty list of tenants would let all of them in.
/// </summary>
internal static class SettingsShape
{
    private static readonly NullabilityInfoContext s_nullability = new();

    /// <param name="given">An object. Keys that are none of the record's are left to <see cref="SettingsCheck"/>.</param>
    /// <param name="where">For messages: a file.</param>
    public static void Check(JsonElement given, Type record, string prefix, string where, Problems problems)
    {
        foreach (JsonProperty member in given.EnumerateObject())
        {
            if (SettingsCheck.Find(record, member.Name) is not { } property) continue;
            bool mayBeNull;
            lock (s_nullability) mayBeNull = s_nullability.Create(property).WriteState == NullabilityState.Nullable;
            Value(member.Value, property.PropertyType, prefix + SettingsCheck.Key(property), mayBeNull, where, problems);
        }
    }

    private static void Value(JsonElement given, Type type, string key, bool mayBeNull, string where, Problems problems)
    {
        if (given.ValueKind == JsonValueKind.Null)
        {
            if (!mayBeNull) problems.Add($"{where}: {key}: expected a value, found null; leave it out for the default");
        }
        else if (SettingsCheck.ValueOf(type) is { } value)
        {
            if (!Is(JsonValueKind.Object, "an object")) return;
            foreach (JsonProperty member in given.EnumerateObject()) Value(member.Value, value, $"{key}.{member.Name}", mayBeNull: false, where, problems);
        }
        else if (SettingsCheck.IsObject(type))
        {
            if (!Is(JsonValueKind.Object, "an object")) return;
            // Where it may be left out, its being there means something: without TLS or with it.
            if (mayBeNull && !given.EnumerateObject().Any()) problems.Add($"{where}: {key}: expected at least one setting, found an empty object; fill it, or leave it out");
            Check(given, type, $"{key}.", where, problems);
        }
        else if (SettingsCheck.IsList(type))
        {
            if (!Is(JsonValueKind.Array, "a list")) return;
            if (given.GetArrayLength() == 0) problems.Add($"{where}: {key}: expected at least one, found an empty list; leave it out for the default");
            foreach (JsonElement item in given.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.String) problems.Add($"{where}: {key}: expected texts, found {Problems.Quote(item.GetRawText())}");
            }
        }

        else if (given.ValueKind == JsonValueKind.Array && given.GetArrayLength() == 0)
        {
            // To a configuration that is nothing at all.
            problems.Add($"{where}: {key}: expected a value, found an empty list; leave it out for the default");
        }

        bool Is(JsonValueKind kind, string name)
        {
            if (given.ValueKind == kind) return true;
            // A plain value is the other check's to name.
            if (given.ValueKind is JsonValueKind.Object or JsonValueKind.Array) problems.Add($"{where}: {key}: expected {name}, found {(given.ValueKind == JsonValueKind.Array ? "a list" : "an object")}");
            return false;
        }
    }
}
