using System.Text;
using System.Text.Json;
using MicroMonitored.Instrumentation.Logs;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Instrumentation.Tests.Logs;

/// <summary>A logger whose lines are kept instead of written to a file.</summary>
internal sealed class LoggedLines : IDisposable
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<string> _lines = [];
    private readonly ILoggerFactory _factory;

    public LoggedLines()
    {
        _factory = LoggerFactory.Create(logging => logging
            .Configure(static options => options.ActivityTrackingOptions = ActivityTrackingOptions.SpanId | ActivityTrackingOptions.TraceId)
            .AddOpenTelemetry(options =>
            {
                options.IncludeFormattedMessage = options.IncludeScopes = true;
                options.AddProcessor(new Keep(_lines));
            }));
        Logger = _factory.CreateLogger("Test");
    }

    public ILogger Logger { get; }

    /// <summary>The only line, as it was written.</summary>
    public string Text => Assert.Single(_lines);

    /// <summary>The only line, parsed.</summary>
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public void Dispose() => _factory.Dispose();

    private sealed class Keep(List<string> lines) : BaseProcessor<LogRecord>
    {
        private static readonly JsonEncodedText Service = JsonEncodedText.Encode("app");

        public override void OnEnd(LogRecord data) => lines.Add(StrictUtf8.GetString(JsonLine.Write(Service, data)));
    }
}
