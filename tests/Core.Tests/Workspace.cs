using System.Text;
using ShardInit.Errors;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests;

/// <summary>A directory of input files that goes away with the test.</summary>
internal sealed class Workspace : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("shardinit-test-").FullName;

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public Plan Plan(string model, string? recipe = null, string name = "model.json") =>
        Planner.Create(new PlanRequest { Model = Write(name, model), Recipe = recipe is null ? null : Write("recipe.yaml", recipe) });

    /// <summary>The problems of a request that must be refused, each one line.</summary>
    public static IReadOnlyList<string> ProblemsOf(Action action)
    {
        PlanException error = Assert.Throws<PlanException>(action);
        Assert.All(error.Problems, problem => Assert.DoesNotContain('\n', problem));
        return error.Problems;
    }

    public IReadOnlyList<string> ProblemsOf(string model, string? recipe = null) => ProblemsOf(() => Plan(model, recipe));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
