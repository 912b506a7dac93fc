namespace ShardInit.Planning;

/// <summary>One thing that tells two plans apart.</summary>
/// <param name="IsTensor">A tensor, or a tied name; otherwise an input of the plan.</param>
/// <param name="Name">Of the tensor or the input.</param>
/// <param name="What">What differs about a tensor, with a space behind it; empty for an input.</param>
/// <param name="First">What the first plan has; null where it lacks the tensor.</param>
/// <param name="Second">What the second plan has; null where it lacks the tensor.</param>
public sealed record PlanDifference(bool IsTensor, string Name, string What, string? First, string? Second)
{
    /// <summary>One line: <c>seed: 42 there, 43 here</c>, with <paramref name="first"/> and <paramref name="second"/> for there and here.</summary>
    public string Line(string first = "there", string second = "here")
    {
        string subject = IsTensor ? $"tensor {Name}" : Name;
        if (Second is null) return $"{subject}: {first} only";
        return First is null ? $"{subject}: {second} only" : $"{subject}: {What}{First} {first}, {Second} {second}";
    }
}
