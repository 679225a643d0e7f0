using Spectre.Console;

namespace MicroMonitored.Targets.Console;

/// <summary>The console that people and log files read.</summary>
internal static class Terminal
{
    private const int RedirectedWidth = 100;

    /// <summary>Colours and the window's width on a terminal; plain text and a fixed width otherwise.</summary>
    public static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Out) });
        if (System.Console.IsOutputRedirected)
            console.Profile.Width = RedirectedWidth;
        return console;
    }

    /// <summary>A table with the borders that every target uses.</summary>
    public static Table Table(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, ShowRowSeparators = false };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))).NoWrap());
        return table;
    }
}
