using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Recipes;

/// <summary>A condition on a tensor; the second argument is the number of layers of the model.</summary>
internal delegate bool Criterion(LogicalSpec tensor, long layerCount);

/// <summary>One rule: which tensors (every group of criteria has one that holds), which initializer, which arguments.</summary>
internal sealed record Rule
{
    public required int Line { get; init; }
    /// <summary>Path or name of the recipe that holds the rule, for messages.</summary>
    public required string Origin { get; init; }
    /// <summary>Of a file of the user: matching nothing is a mistake there.</summary>
    public required bool IsUser { get; init; }
    /// <summary>For people: <c>hf@1 rule 5</c>.</summary>
    public required string Name { get; init; }
    /// <summary>The line in which the rule was changed from the command line; null where it was not.</summary>
    public string? Note { get; init; }
    /// <summary>The criteria as written, for people: <c>match *.weight, kind Linear</c>.</summary>
    public required string Text { get; init; }
    public required ImmutableArray<ImmutableArray<Criterion>> Criteria { get; init; }
    /// <summary>Patterns of the families that the rule is for; empty: any model.</summary>
    public ImmutableArray<Glob> Families { get; init; } = [];
    /// <summary>Patterns of kinds; empty: any, also an unknown one.</summary>
    public ImmutableArray<Glob> Kinds { get; init; } = [];
    public required InitCall Call { get; init; }
    /// <summary>Whether the rule may match nothing: as the rule or the recipe says; never one that was changed from the command line, unless it says so itself.</summary>
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

/// <summary>A recipe: ordered rules, the first that matches a tensor decides. Those of the recipe that it extends stand behind its own.</summary>
/// <param name="Name">Name with version where there is one: <c>hf@1</c>, <c>mine</c>.</param>
/// <param name="Origin">Path or name, for messages.</param>
internal sealed record Recipe(string Name, string Origin, string Yaml, ImmutableArray<Rule> Rules)
{
    /// <summary>Numbers of the recipe, by name: formulas that win over the configuration.</summary>
    public ImmutableDictionary<string, Expression> Numbers { get; init; } = ImmutableDictionary<string, Expression>.Empty;

    /// <summary>Patterns that rules name by <c>group</c>.</summary>
    public ImmutableDictionary<string, ImmutableArray<Criterion>> Groups { get; init; } = ImmutableDictionary<string, ImmutableArray<Criterion>>.Empty;

    /// <summary>Families of configurations that the recipe is for; empty: any model.</summary>
    public ImmutableArray<Glob> Families { get; init; } = [];

    /// <summary>Whether formulas may ask for a base model.</summary>
    public bool HasBase { get; init; }

    /// <summary>Fields of the configuration in which the base model differs, by their names with dots.</summary>
    public ImmutableSortedDictionary<string, string> Base { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}
