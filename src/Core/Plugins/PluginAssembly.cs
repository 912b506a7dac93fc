using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using ShardInit.Errors;

namespace ShardInit.Initializers;

/// <summary>A loaded assembly of the user and the initializers in it.</summary>
/// <param name="Path">As it was given, for messages.</param>
/// <param name="Sha256">Of the bytes that were loaded, 64 lower-case hexadecimal digits.</param>
public sealed record PluginAssembly(string Path, string Sha256, ImmutableArray<IInitializer> Initializers)
{
    private const long MaxBytes = 64L << 20;

    /// <summary>Loads the file's bytes, which are read once: what runs is what was digested.</summary>
    /// <exception cref="PlanException">No such file, no assembly, nothing in it, or it needs more than .NET and ShardInit: code outside the digest would be outside the ids.</exception>
    [RequiresUnreferencedCode("Looks for types in an assembly that is not known when the program is compiled; a program compiled ahead of time cannot load plug-ins.")]
    public static PluginAssembly Load(string path)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new PlanException($"--plugin: {path}: expected at most {MaxBytes} bytes");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string why = error is FileNotFoundException or DirectoryNotFoundException ? "found no such file" : $"cannot read it ({error.Message.TrimEnd('.')})";
            throw new PlanException($"--plugin: {path}: expected a .NET assembly with initializers of your own, {why}; check the path, or build it first ('dotnet build -c Release')");
        }
        try
        {
            // No resolver: references are to .NET and to this very ShardInit.Core, which the default context has.
            Assembly assembly = new AssemblyLoadContext($"plug-in {path}").LoadFromStream(new MemoryStream(bytes));
            string[] foreign = [.. assembly.GetReferencedAssemblies().Select(name => name.Name ?? "").Where(IsForeign)];
            if (foreign.Length > 0) throw new PlanException($"--plugin: {path}: expected an assembly that needs .NET and ShardInit.Core only, because its digest stands for its code; found {string.Join(", ", foreign)}: compile their sources into it");
            ImmutableArray<IInitializer> found =
                [.. assembly.GetExportedTypes().Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IInitializer).IsAssignableFrom(type) && type.GetConstructor(Type.EmptyTypes) is not null)
                    .OrderBy(type => type.FullName, StringComparer.Ordinal).Select(type => (IInitializer)Activator.CreateInstance(type)!)];
            if (found.IsEmpty) throw new PlanException($"--plugin: {path}: expected a public class that implements {typeof(IInitializer).FullName} and has a constructor without parameters, found none");
            foreach (IInitializer initializer in found)
            {
                if (initializer.Name.Length == 0 || !initializer.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')) throw new PlanException($"--plugin: {path}: {initializer.GetType().FullName}: expected a name of letters, digits and _, found {Problems.Quote(initializer.Name)}");
            }
            return new PluginAssembly(path, Convert.ToHexStringLower(SHA256.HashData(bytes)), found);
        }
        catch (Exception error) when (error is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException or TargetInvocationException)
        {
            throw new PlanException(error is BadImageFormatException
                ? $"--plugin: {path}: expected a .NET assembly with initializers of your own, found something else; give the .dll that 'dotnet build' wrote"
                : $"--plugin: {path}: expected an assembly for this version of ShardInit: {(error.InnerException ?? error).Message}; build it again against this version");
        }
    }

    // What stands beside the core library is .NET. In a program of one file nothing stands there, and the name has to do.
    private static bool IsForeign(string name)
    {
        if (name == "ShardInit.Core") return false;
        string folder = RuntimeEnvironment.GetRuntimeDirectory();
        if (File.Exists(System.IO.Path.Combine(folder, "System.Runtime.dll"))) return !File.Exists(System.IO.Path.Combine(folder, name + ".dll"));
        return name is not ("System" or "netstandard" or "mscorlib") && !name.StartsWith("System.", StringComparison.Ordinal);
    }
}
