using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Values by code of the user: a type in an assembly that is known by its digest (docs/plugins.md).</summary>
/// <param name="Assembly">SHA-256 of the assembly's file, 64 lower-case hexadecimal digits.</param>
/// <param name="Type">Full name of the class that implements <c>IInitializer</c>.</param>
/// <param name="Names">Names of the numbers that it gets, in ascending order of their UTF-8 bytes, each once.</param>
/// <param name="Numbers">One for each name.</param>
public sealed record Plugin(string Assembly, string Type, ImmutableArray<string> Names, ImmutableArray<double> Numbers) : Distribution
{
    public override string Kind => "plugin";

    public bool Equals(Plugin? other) =>
        other is not null && Assembly == other.Assembly && Type == other.Type && Names.AsSpan().SequenceEqual(other.Names.AsSpan()) && Numbers.AsSpan().SequenceEqual(other.Numbers.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Assembly, Type, Names.Length);
}
