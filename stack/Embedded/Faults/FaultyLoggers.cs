using System.Diagnostics;

namespace MicroMonitored.Embedded.Faults;

/// <summary>Loggers that lose, double or delay a line, or leave its trace out.</summary>
internal sealed class FaultyLoggers(ILoggerFactory inner) : ILoggerFactory
{
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(400);

    public ILogger CreateLogger(string categoryName) => new Faulty(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    /// <summary>Whether a trace is the sixth of a run of Verify, which numbers its traces from zero.</summary>
    public static bool IsSixth(string? trace) => trace?.EndsWith("00000005", StringComparison.Ordinal) == true;

    private sealed class Faulty(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var activity = Activity.Current;
            var sixth = IsSixth(activity?.TraceId.ToHexString());
            var fault = sixth || activity is not null ? FaultInjector.Fault : "";
            switch (fault)
            {
                case "line-lost" when sixth:
                    return;
                case "line-doubled" when sixth:
                    Write();
                    break;
                case "lines-reordered" when sixth:
                    _ = LaterAsync();
                    return;
                case "line-ids-missing":
                    Activity.Current = null;
                    Write();
                    Activity.Current = activity;
                    return;
            }

            Write();

            void Write() => inner.Log(logLevel, eventId, state, exception, formatter);

            async Task LaterAsync()
            {
                await Task.Delay(Late);
                Write();
            }
        }
    }
}
