namespace MicroMonitored.Targets;

/// <summary>Ctrl-C, as a token: the first one lets the running target clean up, the second one ends the build.</summary>
public static class Interrupt
{
    private static readonly CancellationTokenSource Source = Listen();

    /// <summary>Cancelled by the first Ctrl-C.</summary>
    public static CancellationToken Token => Source.Token;

    private static CancellationTokenSource Listen()
    {
        var source = new CancellationTokenSource();
        System.Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        };
        return source;
    }
}
