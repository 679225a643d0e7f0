using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Monitoring.Logs;

/// <summary>Writes every log entry as one JSON object per line to the service's log file.</summary>
[ProviderAlias("JsonFile")]
internal sealed class JsonFileLoggerProvider : ILoggerProvider
{
    private readonly JsonEncodedText service;
    private readonly LogFile file;
    private readonly TimeProvider time;

    public JsonFileLoggerProvider(string service, LogFile file, TimeProvider time, IMeterFactory meters)
    {
        this.service = JsonEncodedText.Encode(service);
        this.file = file;
        this.time = time;
        var meter = meters.Create(MonitoringExtensions.MeterName);
        meter.CreateObservableCounter("log.lines.written", () => file.Written, "{line}", "Log lines written to the file.");
        meter.CreateObservableCounter("log.lines.dropped", () => file.Dropped, "{line}", "Log lines dropped: queue full or file not writable.");
        AppDomain.CurrentDomain.ProcessExit += Close;
    }

    public ILogger CreateLogger(string categoryName) => new JsonLogger(this, JsonEncodedText.Encode(categoryName));

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Close;
        file.Dispose();
    }

    private void Close(object? sender, EventArgs args) => file.Dispose();

    private sealed class JsonLogger(JsonFileLoggerProvider provider, JsonEncodedText category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                provider.file.Append(JsonLine.Write(
                    provider.service, category, provider.time.GetUtcNow().UtcDateTime, logLevel, state, exception, formatter));
        }
    }
}
