using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MicroMonitored.Protocols;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Tests;

/// <content>The services, and the agents that carry what they leave behind to the stores.</content>
internal sealed partial class StackDouble
{
    public Task AppendAsync(string fileName, IReadOnlyList<string> written, CancellationToken cancellation)
    {
        if (_fault == Fault.LogFolderNotWritable)
            throw new UnauthorizedAccessException($"Access to the path '/logs/{fileName}' is denied.");
        lock (_gate)
        {
            foreach (var line in written)
            {
                var number = JsonNode.Parse(line)!["number"]!.GetValue<int>();
                if (_fault == Fault.LinesDropped && number == 3)
                    _dropped++;
                if (_fault == Fault.SyntheticLineLost && number == 7)
                    continue;
                Collect(Path.GetFileNameWithoutExtension(fileName), line, _fault == Fault.SyntheticLinesReordered && number is 20 or 21
                    ? (20 - number) * 200 + 100 : 0);
                if (_fault == Fault.SyntheticLineDoubled && number == 7)
                    Collect(Path.GetFileNameWithoutExtension(fileName), line, 0);
            }
        }
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string fileName, CancellationToken cancellation) => Task.CompletedTask;

    private bool First(string what) => _once.TryAdd(what, what);

    private async Task ScrapeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            lock (_gate)
            {
                foreach (var (job, routes) in _counters)
                {
                    if (Up(job))
                    {
                        var seen = new Dictionary<string, double>(routes);
                        if (_fault == Fault.MetricsLate)
                            _ = LaterAsync(2500, () => _scraped[job] = seen);
                        else
                            _scraped[job] = seen;
                        _lastScrape[job] = DateTimeOffset.UtcNow;
                    }
                }
                _scrapedExemplars.Clear();
                _scrapedExemplars.AddRange(_exemplars);
            }
            try
            {
                await Task.Delay(ScrapeInterval, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private bool Up(string job) => !(_fault == Fault.MetricsPageFails && job == Orders) && !(_fault == Fault.ServiceNotStarted && job == Inventory);

    /// <summary>One request to a service, with all it leaves behind; the status it answers.</summary>
    private int Request(string service, string route, string? traceparent, string query, bool logged = true)
    {
        var parts = traceparent?.Split('-');
        var traceId = parts?[1] ?? Hex(16);
        var server = Hex(8);
        var status = 200;
        var spans = new List<TraceSpan>();
        var begin = Now();
        if (service == Orders)
        {
            var client = Hex(8);
            if (_fault == Fault.ServiceNotStarted)
                status = 502;
            else
                Request(Inventory, "/stock", _fault == Fault.TraceparentStripped ? null : $"00-{traceId}-{client}-01", "");
            if (_fault != Fault.ClientSpanMissing)
                spans.Add(new TraceSpan(traceId, client, server, "GET", SpanKind.Client, begin + 1000, begin + 2000, service, Texts()));
        }
        if (_fault == Fault.ProbeRouteFails && service == Orders)
            status = 500;
        spans.Add(new TraceSpan(traceId, server, parts?[2], $"GET {route}", SpanKind.Server, begin, Now(), service,
            Texts(("url.query", _fault == Fault.SecretIsTraced ? query : "Redacted"))));
        lock (_gate)
        {
            if (!(_fault == Fault.OneRequestNotCounted && service == Orders && First("count")))
                _counters[service][route] = _counters[service].GetValueOrDefault(route) + 1;
            if (_fault == Fault.OneRequestCountedTwice && service == Orders && First("count"))
                _counters[service][route]++;
            if (_fault == Fault.SecretIsExposed && service == Orders && query.Length > 0)
                _exposed = $"# {query}\n";
            if (_fault != Fault.ExemplarsOff)
                _exemplars.Add((service, traceId, _fault == Fault.ExemplarOfAnotherSpan ? Hex(8) : server));
            if (service == Orders && _fault != Fault.ServiceGraphOff && _fault != Fault.ServiceNotStarted)
                _edges++;
            if (logged && !(_fault == Fault.ServiceLogsNothing && service == Orders))
                LogRequest(service, route, status, traceId, server, null, query);
        }
        if (!(_fault == Fault.ServiceExportsNothing && service == Inventory))
            Store(spans);
        return status;
    }

    private void LogRequest(string service, string route, int status, string traceId, string spanId, string? exception = null, string query = "")
    {
        var line = new JsonObject { ["timestamp"] = Timestamp(), ["level"] = "information", ["service"] = service, ["message"] = $"GET {route} {status}",
            ["http_status"] = status, ["http_route"] = route };
        if (exception is not null)
            line["exception"] = exception;
        if (_fault == Fault.SecretIsLogged && service == Orders)
            line["query"] = query;
        if (_fault != Fault.TraceIdMissingFromLines)
        {
            line["trace_id"] = traceId;
            line["span_id"] = spanId;
        }
        var text = line.ToJsonString();
        var number = Convert.ToInt32(traceId[24..], 16);
        var own = service == Orders;
        if (own && _fault == Fault.ServiceLineLost && number == 5)
            return;
        Collect(service, text, own && _fault == Fault.ServiceLinesReordered && number == 5 ? 1_000_000_000 : 0);
        if (own && _fault == Fault.ServiceLineDoubled && number == 5)
            Collect(service, text, 100);
    }

    /// <summary>The log agent: labels, timestamp and structured metadata of one line.</summary>
    private void Collect(string job, string text, long shiftNs)
    {
        var json = JsonNode.Parse(text)!;
        var at = DateTimeOffset.Parse(json["timestamp"]!.GetValue<string>(), CultureInfo.InvariantCulture);
        var ns = _fault == Fault.SyntheticTimestampLost && job.StartsWith("micro", StringComparison.Ordinal) ? Now()
            : ((at - DateTimeOffset.UnixEpoch).Ticks * 100) + shiftNs;
        if (shiftNs != 0 && job.StartsWith("micro", StringComparison.Ordinal))
            text = text.Replace(json["timestamp"]!.GetValue<string>(), Rfc3339.Format(at.AddTicks(shiftNs / 100)), StringComparison.Ordinal);
        var labels = new SortedDictionary<string,
            string>(StringComparer.Ordinal) { ["job"] = job, ["service_name"] = job, ["filename"] = $"/logs/{job}.log", ["level"] = "information" };
        var metadata = new Dictionary<string, string>();
        if (json["trace_id"] is { } traceId && _fault != Fault.MetadataStageMissing)
        {
            metadata["trace_id"] = traceId.GetValue<string>();
            metadata["span_id"] = json["span_id"]!.GetValue<string>();
            if (_fault == Fault.TraceIdIsALabel)
                labels["trace_id"] = traceId.GetValue<string>();
        }
        var line = new Line(job, ns, text, labels, metadata);
        if (_fault == Fault.LogsLate)
            _ = LaterAsync(1500, () => _lines.Add(line));
        else
            _lines.Add(line);
    }

    private async Task LaterAsync(int milliseconds, Action act)
    {
        await Task.Delay(milliseconds);
        lock (_gate)
            act();
    }

    private void Store(IReadOnlyList<TraceSpan> spans)
    {
        void Add()
        {
            foreach (var span in spans)
            {
                if (!_traces.TryGetValue(span.TraceId, out var trace))
                    _traces[span.TraceId] = trace = [];
                trace.Add(span);
            }
        }
        if (_fault == Fault.TracesLate)
        {
            _ = LaterAsync(1500, Add);
            return;
        }
        lock (_gate)
            Add();
    }

    private (int, string) Service(string service, string path, HttpContext context)
    {
        var traceparent = (string?)context.Request.Headers["traceparent"];
        switch (path)
        {
            case "/metrics":
                if (!Up(service))
                    return (500, "");
                lock (_gate)
                    return (200, "# TYPE http_server_request_duration_seconds histogram\n" + (service == Orders ? _exposed : "")
                        + string.Concat(_counters[service]
                        .Select(route => $"http_server_request_duration_seconds_count{{http_route=\"{route.Key}\"}} {route.Value}\n")));
            case "/health/live" or "/health/ready":
                if (_fault == Fault.HealthIsTraced && traceparent is not null && service == Orders)
                    Store([new TraceSpan(traceparent.Split('-')[1], Hex(8), traceparent.Split('-')[2], $"GET {path}", SpanKind.Server, Now(), Now(), service,
                        Texts())]);
                if (_fault == Fault.HealthIsLogged && traceparent is not null && service == Orders)
                {
                    lock (_gate)
                        LogRequest(service, path, 200, traceparent.Split('-')[1], Hex(8));
                }
                return (_fault == Fault.ServiceNotReady && service == Orders && path == "/health/ready" ? 503 : 200, "");
            case "/orders" or "/stock":
                return (Request(service, path, traceparent, context.Request.QueryString.Value ?? ""), "[]");
            case "/fault":
                return (Broken(service, traceparent!.Split('-')), "");
            default:
                return (404, "");
        }
    }

    /// <summary>One request that throws; the status it answers.</summary>
    private int Broken(string service, string[] parts)
    {
        var (own, server) = (service == Orders, Hex(8));
        if (own && _fault == Fault.FaultRouteAnswers)
            return 200;
        var route = own && _fault == Fault.FaultSpanWithoutRoute ? "" : "/fault";
        var span = new TraceSpan(parts[1], server, parts[2], "GET /fault", SpanKind.Server, Now(), Now(), service,
            Texts(("http.route", route), ("error.type", "System.InvalidOperationException")));
        lock (_gate)
        {
            if (!(own && _fault == Fault.FaultNotCounted))
                _counters[service]["/fault"] = _counters[service].GetValueOrDefault("/fault") + 1;
            if (!(own && _fault == Fault.ServiceLogsNothing))
                LogRequest(service, "/fault", 500, parts[1], server,
                    own && _fault == Fault.FaultLineWithoutException ? null : "System.InvalidOperationException\n   at Shop.Orders");
        }
        if (own || _fault != Fault.ServiceExportsNothing)
            Store([span with { IsError = true, ExceptionStack = own && _fault == Fault.FaultSpanWithoutStack ? null : "   at Shop.Orders" }]);
        return 500;
    }

    private static Dictionary<string, object> Texts(params (string Key, string Value)[] pairs) =>
        pairs.ToDictionary(pair => pair.Key, pair => (object)pair.Value);

    private static string Hex(int bytes) => RandomNumberGenerator.GetHexString(bytes * 2, lowercase: true);

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static string Timestamp() => Rfc3339.Format(DateTimeOffset.UtcNow);
}
