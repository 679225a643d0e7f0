using System.Globalization;
using System.Text;
using Cake.Core;

namespace Targets.Tests.Frosting;

/// <summary>Keeps what a person would have seen.</summary>
internal sealed class RecordedConsole : IConsole
{
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    public ConsoleColor ForegroundColor { get; set; }

    public ConsoleColor BackgroundColor { get; set; }

    public bool SupportAnsiEscapeCodes => false;

    public string[] Output => Lines(_output);

    public string[] Error => Lines(_error);

    public void Write(string format, params object[] arg) => Put(_output, format, arg);

    public void WriteLine(string format, params object[] arg) => Put(_output, format + "\n", arg);

    public void WriteError(string format, params object[] arg) => Put(_error, format, arg);

    public void WriteErrorLine(string format, params object[] arg) => Put(_error, format + "\n", arg);

    public void ResetColor() => ForegroundColor = ConsoleColor.Gray;

    private static void Put(StringBuilder text, string format, object[] arg) =>
        text.Append(arg.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, arg));

    private static string[] Lines(StringBuilder text) =>
        text.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
