using System.Globalization;
using System.Text;
using Cake.Core;

namespace Targets.Tests.Frosting;

/// <summary>Keeps what a person would have seen.</summary>
internal sealed class RecordedConsole : IConsole
{
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();

    public ConsoleColor ForegroundColor { get; set; }

    public ConsoleColor BackgroundColor { get; set; }

    public bool SupportAnsiEscapeCodes => false;

    public string[] Output => Lines(output);

    public string[] Error => Lines(error);

    public void Write(string format, params object[] arg) => Put(output, format, arg);

    public void WriteLine(string format, params object[] arg) => Put(output, format + "\n", arg);

    public void WriteError(string format, params object[] arg) => Put(error, format, arg);

    public void WriteErrorLine(string format, params object[] arg) => Put(error, format + "\n", arg);

    public void ResetColor() => ForegroundColor = ConsoleColor.Gray;

    private static void Put(StringBuilder text, string format, object[] arg) =>
        text.Append(arg.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, arg));

    private static string[] Lines(StringBuilder text) =>
        text.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
