using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>What an argument may be. A list is a list of numbers, or one number in its place; parts are the rows of <c>rows</c>.</summary>
public enum ParameterKind { Number, Choice, Flag, Text, List, Parts }

/// <summary>An argument of an initializer.</summary>
public sealed record Parameter(string Name, ParameterKind Kind, string Summary)
{
    public double? DefaultNumber { get; init; }
    public string? DefaultChoice { get; init; }
    public ImmutableArray<double>? DefaultList { get; init; }
    public bool Needed { get; init; }
    /// <summary>The words that a choice may be.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];
    /// <summary>A choice in capital letters is the same one.</summary>
    public bool IgnoresCase { get; init; }
    /// <summary>A list must be written as a list, also with one number.</summary>
    public bool NeedsList { get; init; }

    public static Parameter Number(string name, string summary, double? defaultValue = null, bool needed = false) =>
        new(name, ParameterKind.Number, summary) { DefaultNumber = defaultValue, Needed = needed };

    /// <summary>One of several words; needed where there is no default.</summary>
    public static Parameter Choice(string name, string summary, string? defaultValue, params ImmutableArray<string> choices) =>
        new(name, ParameterKind.Choice, summary) { DefaultChoice = defaultValue, Needed = defaultValue is null, Choices = choices };

    public static Parameter Flag(string name, string summary, bool defaultValue) =>
        new(name, ParameterKind.Flag, summary) { DefaultChoice = defaultValue ? "true" : "false" };

    public static Parameter Text(string name, string summary) => new(name, ParameterKind.Text, summary) { Needed = true };

    public static Parameter List(string name, string summary, ImmutableArray<double>? defaultValue = null) => new(name, ParameterKind.List, summary) { DefaultList = defaultValue };

    /// <summary>The word as the initializer knows it; null where it is none of the choices.</summary>
    public string? Choose(string word)
    {
        if (Kind == ParameterKind.Text) return word;
        foreach (string choice in Kind == ParameterKind.Flag ? ["true", "false"] : Choices)
        {
            if (string.Equals(choice, word, IgnoresCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)) return choice;
        }
        return null;
    }

    /// <summary>What is expected, for messages.</summary>
    public string Expected => Kind switch
    {
        ParameterKind.Number => "a number or a formula",
        ParameterKind.Flag => "true or false",
        ParameterKind.Text => "a text",
        ParameterKind.List => NeedsList ? "a list of numbers" : "a number or a list of numbers",
        ParameterKind.Parts => "a list of parts, each with until, init and args",
        _ => $"one of {string.Join(", ", Choices)}",
    };
}
