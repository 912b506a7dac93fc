using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>
/// The families that are built in. Each file registers its own by a module initializer, so that a new family is one new file and no list has to
/// be touched; unlike a search by reflection this survives ahead-of-time compilation.
/// </summary>
public static class FamilyCatalogue
{
    private static readonly SortedDictionary<string, Family> s_byArchitecture = new(StringComparer.Ordinal);
    private static readonly SortedDictionary<string, Family> s_byModelType = new(StringComparer.Ordinal);

    /// <summary>Architectures in ordinal order.</summary>
    public static IReadOnlyCollection<string> Architectures => s_byArchitecture.Keys;

    public static IReadOnlyCollection<string> ModelTypes => s_byModelType.Keys;

    internal static void Register(Family family)
    {
        s_byModelType.Add(family.ModelType, family);
        foreach (string other in family.OtherModelTypes) s_byModelType.Add(other, family);
        foreach (string architecture in family.Architectures) s_byArchitecture.Add(architecture, family);
        if (family.Base is BaseModel headless) s_byArchitecture.Add(headless.Architecture, family);
    }

    internal static Family? ByArchitecture(string architecture) => s_byArchitecture.GetValueOrDefault(architecture);

    internal static Family? ByModelType(string modelType) => s_byModelType.GetValueOrDefault(modelType);
}
