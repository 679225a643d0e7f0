using System.Diagnostics.Metrics;
using System.Text.Json;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace MicroMonitored.Instrumentation.Logs;

/// <summary>Puts every log record as one JSON object per line into the service's log file.</summary>
internal sealed class JsonFileProcessor : BaseProcessor<LogRecord>
{
    private readonly JsonEncodedText _service;
    private readonly LogFile _file;

    public JsonFileProcessor(string service, LogFile file, IMeterFactory meters)
    {
        _service = JsonEncodedText.Encode(service);
        _file = file;
        var meter = meters.Create(JsonFile.MeterName);
        meter.CreateObservableCounter("log.lines.written", () => file.Written, "{line}", "Log lines written to the file.");
        meter.CreateObservableCounter<long>(
            "log.lines.dropped",
            () => [Dropped(file.Overflowed, "queue_full"), Dropped(file.Unwritable, "unwritable")],
            "{line}",
            "Log lines dropped: the queue was full or the file could not be written.");
        AppDomain.CurrentDomain.ProcessExit += Close;
        AppDomain.CurrentDomain.UnhandledException += Flush;
    }

    public override void OnEnd(LogRecord data) => _file.Append(JsonLine.Write(_service, data));

    protected override bool OnForceFlush(int timeoutMilliseconds) => _file.Flush(TimeSpan.FromMilliseconds(timeoutMilliseconds));

    protected override void Dispose(bool disposing)
    {
        AppDomain.CurrentDomain.ProcessExit -= Close;
        AppDomain.CurrentDomain.UnhandledException -= Flush;
        _file.Dispose();
        base.Dispose(disposing);
    }

    private static Measurement<long> Dropped(long lines, string reason) => new(lines, new KeyValuePair<string, object?>("reason", reason));

    private void Close(object? sender, EventArgs args) => _file.Dispose();

    private void Flush(object? sender, UnhandledExceptionEventArgs args) => _file.Flush(TimeSpan.FromSeconds(2));
}
