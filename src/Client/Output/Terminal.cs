using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ShardInit.Client.Output;

/// <summary>Where words go: data to standard output, everything for people to standard error.</summary>
public sealed class Terminal(Stream output, TextWriter error, bool errorIsTerminal)
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _errorLock = new();

    /// <summary>The bytes of standard output.</summary>
    public Stream Output { get; } = output;

    /// <summary>Standard error is a screen: a bar can be drawn.</summary>
    public bool ErrorIsTerminal { get; } = errorIsTerminal;

    /// <summary><c>--quiet</c>: nothing but data and errors.</summary>
    public bool Quiet { get; set; }

    /// <summary>One line or more of data.</summary>
    public void Print(string text) => Output.Write(Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>One JSON object on a line of its own.</summary>
    public void PrintJson(Action<Utf8JsonWriter> members)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line, s_json))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        line.Position = 0;
        line.CopyTo(Output);
    }

    /// <summary>A line for people, unless they asked for quiet.</summary>
    public void Say(string text)
    {
        if (!Quiet) Write(text + "\n");
    }

    /// <summary>What went wrong; shown always.</summary>
    public void Error(string text) => Write($"{CommandLine.Cli.ProgramName}: {text}\n");

    /// <summary>Text as it is, for the progress bar. Standard error that is gone is no reason to stop.</summary>
    internal void Write(string text)
    {
        lock (_errorLock)
        {
            try
            {
                error.Write(text);
                error.Flush();
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { }
        }
    }
}
