using Cake.Core;

namespace Cake.Frosting.Internal;

/// <summary>The process's console. Unlike Cake's own it writes no escape codes into a pipe or a file, and braces without arguments are text.</summary>
internal sealed class TerminalConsole : IConsole
{
    public ConsoleColor ForegroundColor
    {
        get => Console.ForegroundColor;
        set => Console.ForegroundColor = value;
    }

    public ConsoleColor BackgroundColor
    {
        get => Console.BackgroundColor;
        set => Console.BackgroundColor = value;
    }

    public bool SupportAnsiEscapeCodes { get; } =
        !Console.IsOutputRedirected
        && !Console.IsErrorRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    public void Write(string format, params object[] arg) => Put(Console.Out, format, arg);

    public void WriteLine(string format, params object[] arg) => Put(Console.Out, format + Environment.NewLine, arg);

    public void WriteError(string format, params object[] arg) => Put(Console.Error, format, arg);

    public void WriteErrorLine(string format, params object[] arg) => Put(Console.Error, format + Environment.NewLine, arg);

    public void ResetColor() => Console.ResetColor();

    private static void Put(TextWriter writer, string format, object[] arg)
    {
        if (arg is null or [])
            writer.Write(format);
        else
            writer.Write(format, arg);
        writer.Flush();
    }
}
