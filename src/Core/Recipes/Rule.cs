using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>A condition on a tensor; the second argument is the number of layers of the model.</summary>
internal delegate bool Criterion(LogicalSpec tensor, long layerCount);

/// <summary>One rule: which tensors (every group of criteria has one that holds), which initializer, which arguments.</summary>
internal sealed record Rule
{
    public required int Line { get; init; }
    /// <summary>The criteria as written, for people: <c>match *.weight, kind Linear</c>.</summary>
    public required string Text { get; init; }
    public required ImmutableArray<ImmutableArray<Criterion>> Criteria { get; init; }
    /// <summary>Patterns of the families that the rule is for; empty: any model.</summary>
    public ImmutableArray<Glob> Families { get; init; } = [];
    /// <summary>Patterns of kinds; empty: any, also an unknown one.</summary>
    public ImmutableArray<Glob> Kinds { get; init; } = [];
    public required InitCall Call { get; init; }
    public required bool Optional { get; init; }
    /// <summary>Seed of the rule's tensors in place of the plan's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Whether the rule is for models of this family at all; a table or headers have none.</summary>
    public bool Suits(string? family) => Families.IsEmpty || (family is not null && Families.Any(pattern => pattern.IsMatch(family)));

    /// <summary>Whether the rule is for tensors of this kind: all that it asks of most, and the same for thousands of them.</summary>
    public bool Takes(string? kind) => Kinds.IsEmpty || (kind is not null && Kinds.Any(pattern => pattern.IsMatch(kind)));

    /// <summary>For a tensor of a model that the rule suits and of a kind that it takes.</summary>
    public bool Matches(LogicalSpec tensor, long layerCount)
    {
        foreach (ImmutableArray<Criterion> group in Criteria)
        {
            bool any = false;
            foreach (Criterion criterion in group)
            {
                if (!criterion(tensor, layerCount)) continue;
                any = true;
                break;
            }
            if (!any) return false;
        }
        return true;
    }
}

/// <summary>A recipe: ordered rules, the first that matches a tensor decides.</summary>
/// <param name="Name">Name with version where there is one: <c>hf@1</c>, <c>mine</c>.</param>
/// <param name="Origin">Path or name, for messages.</param>
/// <param name="IsUser">A file of the user: a rule that matches nothing is a mistake there.</param>
internal sealed record Recipe(string Name, string Origin, string Yaml, bool IsUser, ImmutableArray<Rule> Rules);
