using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MicroMonitored.Model.Expectations;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification;

/// <summary>Writes <c>expectations.json</c> from what the services leave behind.</summary>
public static class Learning
{
    // What frameworks and the scrape count for every service; the other checks prove those.
    private static readonly string[] Common =
        ["http_", "dotnet_", "kestrel_", "aspnetcore_", "process_", "resilience_", "otel_", "log_lines_", "scrape_", "dns_", "signalr_"];

    private static readonly string[] OwnFields = ["timestamp", "level", "service", "category", "trace_id", "span_id", "message", "exception", "ConnectionId"];
    private static readonly string[] Stable = ["http.route", "http.request.method", "http.response.status_code"];
    private static readonly JsonWriterOptions Readable =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Sends what each <c>expectations.json</c> says, or one request to the probe route, and tells what it left.</summary>
    /// <param name="plan">The services; what their expectations drive and forbid is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The file's text by the service's name: the same for the same telemetry.</returns>
    /// <exception cref="InvalidOperationException">A store did not answer, or a request was not.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> LearnAsync(VerificationPlan plan, TimeProvider time, CancellationToken cancellation)
    {
        plan = plan with { Services = [.. plan.Services.Select(Driven).Where(service => service.Expectations!.Drive.Count > 0)] };
        await using var run = new VerificationRun(plan, RunIdentity.Create(), time, new Poller(time, long.MaxValue), cancellation);
        try
        {
            await Task.WhenAll(run.Services.Select(service => RequestCounters.BaselineAsync(run, service.Name))).ConfigureAwait(false);
            var learnt = new Dictionary<string, string>();
            // One after the other: what one service makes another count is not that one's own.
            foreach (var service in run.Services)
                learnt[service.Name] = await OfAsync(run, service, cancellation).ConfigureAwait(false);
            return learnt;
        }
        catch (SignalException exception)
        {
            throw new InvalidOperationException(exception.Message, exception);
        }
    }

    private static ServiceUnderTest Driven(ServiceUnderTest service)
    {
        var known = service.Expectations ?? new ServiceExpectations(ServiceExpectations.FileName, [], [], [], [], []);
        return service with
        {
            Expectations = known.Drive.Count > 0 || service.ProbePath is null ? known
                : known with { Drive = [new DrivenRequest(1, "GET", service.ProbePath, null, null, service.Calls)] },
        };
    }

    private static async Task<string> OfAsync(VerificationRun run, ServiceUnderTest service, CancellationToken cancellation)
    {
        var before = await SeriesAsync(run, service.Name, cancellation).ConfigureAwait(false);
        var drives = await Drives.SentAsync(run, service, cancellation).ConfigureAwait(false);
        if (drives.FirstOrDefault(drive => !drive.IsAsExpected) is { } wrong)
        {
            throw new InvalidOperationException(
                $"{wrong.Request} of {service.Name} {wrong.Failure ?? $"answered {wrong.Status}"}: nothing can be learnt of it");
        }
        IReadOnlyList<TraceSpan> spans = [];
        await run.Poll.UntilAsync(
            async token =>
            {
                var traces = await Task.WhenAll(drives.Select(drive => run.Tempo.TraceAsync(drive.TraceId, token))).ConfigureAwait(false);
                spans = [.. traces.SelectMany(trace => trace).Where(span => span.Service == service.Name)];
                return traces.Count(trace => trace.Any(span => span.Service == service.Name && span.Kind == SpanKind.Server));
            },
            arrived => arrived == drives.Count, run.ArrivalLimit, cancellation).ConfigureAwait(false);
        await Task.Delay((run.Plan.ScrapeInterval * 2) + VerificationRun.Settle, run.Time, cancellation).ConfigureAwait(false);
        var after = await SeriesAsync(run, service.Name, cancellation).ConfigureAwait(false);
        var query = $"{{job=\"{service.Name}\"}} |= \"{run.Identity.OfExpectations().Id}\"";
        var lines = await run.Loki.QueryRangeAsync(query, run.From, run.To, cancellation).ConfigureAwait(false);
        return Text(service.Expectations!, after.Where(series => series.Value > before.GetValueOrDefault(series.Key))
            .Select(series => (series.Key, series.Value - before.GetValueOrDefault(series.Key))), lines, spans);
    }

    private static async Task<Dictionary<string, double>> SeriesAsync(VerificationRun run, string service, CancellationToken cancellation)
    {
        var samples = await RequestCounters.NewestAsync(run, service, ",__name__=~\".+_total|.+_count\"", cancellation).ConfigureAwait(false);
        return samples.Where(sample => !Common.Any(prefix => sample.Name.StartsWith(prefix, StringComparison.Ordinal)))
            .GroupBy(sample => string.Join('\n', sample.Own
                .OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}").Prepend(sample.Name)))
            .ToDictionary(group => group.Key, group => group.Sum(sample => sample.Value), StringComparer.Ordinal);
    }

    private static string Text(
        ServiceExpectations known, IEnumerable<(string Series, double Growth)> grown, IReadOnlyList<StoredLine> lines, IReadOnlyList<TraceSpan> spans)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "../../stack/expectations.schema.json");
            Array(json, "drive", known.Drive, request => Write(json, request));
            Array(json, "metrics", grown.OrderBy(series => series.Series, StringComparer.Ordinal), series =>
            {
                var parts = series.Series.Split('\n');
                json.WriteString("name", parts[0]);
                Pairs(json, "labels", parts.Skip(1).Select(label => label.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1])));
                // The requests of the other checks count, too.
                json.WriteNumber("growsAtLeast", series.Growth);
            });
            var messages = lines.Where(line => !LogLines.IsRequestLine(line)).Select(Line).DistinctBy(line => (line.Message, line.Level));
            Array(json, "logs", messages.OrderBy(line => line.Message, StringComparer.Ordinal), line =>
            {
                json.WriteString("message", line.Message);
                json.WriteString("level", line.Level);
                Pairs(json, "fields", line.Fields.Select(field => KeyValuePair.Create(field, "*")));
            });
            var kinds = spans.DistinctBy(span => (span.Name, span.Kind)).OrderBy(span => span.Name, StringComparer.Ordinal).ThenBy(span => span.Kind);
            Array(json, "spans", kinds, span =>
            {
                json.WriteString("name", span.Name);
                json.WriteString("kind", JsonNamingPolicy.CamelCase.ConvertName(span.Kind.ToString()));
                Pairs(json, "attributes", span.Attributes.Where(attribute => span.Kind == SpanKind.Internal || Stable.Contains(attribute.Key))
                    .OrderBy(attribute => attribute.Key, StringComparer.Ordinal)
                    .Select(attribute => KeyValuePair.Create(attribute.Key, span.Kind == SpanKind.Internal ? "*" : $"{attribute.Value}")));
            });
            if (known.Absent.Count > 0)
            {
                json.WriteStartObject("absent");
                foreach (var kind in known.Absent.GroupBy(rule => rule.Kind))
                {
                    json.WriteStartArray(JsonNamingPolicy.CamelCase.ConvertName($"{kind.Key}s"));
                    foreach (var rule in kind)
                        json.WriteStringValue(rule.Pattern);
                    json.WriteEndArray();
                }
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, DrivenRequest request)
    {
        json.WriteString("method", request.Method);
        json.WriteString("path", request.Path);
        if (request.Body is { } body)
        {
            json.WritePropertyName("body");
            body.WriteTo(json);
        }
        if (request.Status is { } status)
            json.WriteNumber("status", status);
        if (request.Calls.Count == 0)
            return;
        json.WriteStartArray("calls");
        foreach (var call in request.Calls)
            json.WriteStringValue(call);
        json.WriteEndArray();
    }

    // What the fields of a line vary in, its message varies in, too.
    private static (string Message, string Level, IReadOnlyList<string> Fields) Line(StoredLine line)
    {
        var fields = LogLines.Fields(line);
        var own = fields.Where(field => !OwnFields.Contains(field.Key)).OrderBy(field => field.Key, StringComparer.Ordinal).ToList();
        var message = own.Where(field => field.Value.Length > 0).OrderByDescending(field => field.Value.Length)
            .Aggregate(fields.GetValueOrDefault("message", ""), (text, field) => text.Replace(field.Value, "*", StringComparison.Ordinal));
        return (message, fields.GetValueOrDefault("level", ""), [.. own.Select(field => field.Key)]);
    }

    private static void Array<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Pairs(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        KeyValuePair<string, string>[] all = [.. pairs];
        if (all.Length == 0)
            return;
        json.WriteStartObject(name);
        foreach (var (key, value) in all)
            json.WriteString(key, value);
        json.WriteEndObject();
    }
}
