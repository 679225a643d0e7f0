using System.Globalization;
using System.Text;
using System.Text.Json;
using MicroMonitored.Protocols;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>The synthetic lines of a run, as written and as first seen.</summary>
/// <param name="Written">Lines in order of number.</param>
/// <param name="Problem">Why they could not be written; null when they were.</param>
/// <param name="Stored">The store's lines of this run at the end of the poll.</param>
/// <param name="Error">Why the store did not answer last; null when it did.</param>
internal sealed record ProbeLines(IReadOnlyList<string> Written, string? Problem, IReadOnlyList<StoredLine> Stored, string? Error, TimeSpan Elapsed);

/// <summary>What is wrong with the numbered lines found.</summary>
internal sealed record LineFaults(IReadOnlyList<string> Missing, IReadOnlyList<string> Doubled, IReadOnlyList<string> Unexpected, int OutOfOrder)
{
    public bool None => Missing.Count == 0 && Doubled.Count == 0 && Unexpected.Count == 0 && OutOfOrder == 0;

    public override string ToString()
    {
        var parts = new List<string>();
        void Add(IReadOnlyList<string> found, string what)
        {
            if (found.Count > 0)
                parts.Add($"{found.Count} {what} ({string.Join(", ", found.Take(3))}{(found.Count > 3 ? ", …" : "")})");
        }
        Add(Missing, "missing");
        Add(Doubled, "more than once");
        Add(Unexpected, "unexpected");
        if (OutOfOrder > 0)
            parts.Add($"{OutOfOrder} out of order");
        return string.Join("; ", parts);
    }

    /// <summary>Compares names found, in the store's order, with groups of names that must each be there once and in order.</summary>
    public static LineFaults Of(IReadOnlyList<IReadOnlyList<string>> expected, IReadOnlyList<string> found)
    {
        var counts = found.GroupBy(name => name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        var all = expected.SelectMany(group => group).ToList();
        var outOfOrder = 0;
        foreach (var group in expected)
        {
            var rank = group.Select((name, at) => (name, at)).ToDictionary(pair => pair.name, pair => pair.at, StringComparer.Ordinal);
            var last = -1;
            foreach (var name in found)
            {
                if (!rank.TryGetValue(name, out var at))
                    continue;
                if (at < last)
                    outOfOrder++;
                else
                    last = at;
            }
        }
        var known = all.ToHashSet(StringComparer.Ordinal);
        return new LineFaults(
            [.. all.Where(name => !counts.ContainsKey(name))],
            [.. all.Where(name => counts.GetValueOrDefault(name) > 1)],
            [.. counts.Keys.Where(name => !known.Contains(name))],
            outOfOrder);
    }
}

/// <summary>Writes and recognises the lines that a run is about.</summary>
internal static class LogLines
{
    public const string Job = "micromonitored-verify";
    public const string File = Job + ".log";
    private const int Batches = 10;
    private const int LinesPerBatch = 5;
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(40);
    private static readonly string[] RequestFields =
        ["status", "status_code", "statuscode", "http.response.status_code", "http_status", "http_response_status_code"];

    /// <summary>The name of a synthetic line in findings.</summary>
    public static string Name(int number) => $"line {number}";

    /// <summary>Appends the numbered lines in small batches, so that freshness has samples, and asks until all are stored.</summary>
    public static Task<ProbeLines> WrittenAsync(VerificationRun run) =>
        run.FactAsync("probe-lines", "", async cancellation =>
        {
            var probe = run.LogProbe ?? throw new InvalidOperationException("the plan has no log probe");
            await DropCounters.BaselineAsync(run).ConfigureAwait(false);
            var written = new List<string>();
            var emitted = new List<(int Number, long Timestamp)>();
            var seen = new HashSet<int>();
            var writing = WriteAsync();
            var polled = await run.Poll.UntilAsync(
                async token =>
                {
                    var lines = await StoredAsync(run, token).ConfigureAwait(false);
                    var now = run.Time.GetTimestamp();
                    lock (emitted)
                    {
                        foreach (var number in lines.Select(Number).OfType<int>())
                        {
                            var at = emitted.FindIndex(pair => pair.Number == number);
                            if (at >= 0 && seen.Add(number))
                                run.Delayed("logs", run.Time.GetElapsedTime(emitted[at].Timestamp, now));
                        }
                    }
                    return lines;
                },
                _ => writing.IsCompleted && (writing.IsFaulted || seen.Count >= Batches * LinesPerBatch),
                run.ArrivalLimit,
                cancellation).ConfigureAwait(false);
            string? problem = null;
            try
            {
                await writing.ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                problem = exception.Message;
            }
            var stored = polled.Value ?? [];
            if (problem is null && polled.Met)
            {
                await Task.Delay(VerificationRun.Settle, run.Time, cancellation).ConfigureAwait(false);
                try
                {
                    stored = await StoredAsync(run, cancellation).ConfigureAwait(false);
                }
                catch (SignalException exception)
                {
                    polled = polled with { Error = exception.Message };
                }
            }
            return new ProbeLines(written, problem, stored, polled.Error, polled.Elapsed);

            async Task WriteAsync()
            {
                for (var batch = 0; batch < Batches; batch++)
                {
                    var lines = Enumerable.Range(batch * LinesPerBatch, LinesPerBatch)
                        .Select(number => Line(run, Job, run.StartedAt.UtcDateTime.AddTicks(number + 1), number, 0)).ToList();
                    lock (emitted)
                    {
                        foreach (var number in Enumerable.Range(batch * LinesPerBatch, LinesPerBatch))
                            emitted.Add((number, run.Time.GetTimestamp()));
                        written.AddRange(lines);
                    }
                    await probe.AppendAsync(File, lines, cancellation).ConfigureAwait(false);
                    await Task.Delay(BetweenBatches, run.Time, cancellation).ConfigureAwait(false);
                }
            }
        });

    /// <summary>The store's synthetic lines of this run.</summary>
    public static Task<IReadOnlyList<StoredLine>> StoredAsync(VerificationRun run, CancellationToken cancellation) =>
        run.Loki.QueryRangeAsync($"{{job=\"{Job}\"}} |= \"{run.Identity.Id}\"", run.From, run.To, cancellation);

    /// <summary>The number of a synthetic line; null when it is none.</summary>
    public static int? Number(StoredLine line) =>
        Json(line.Line) is { } json && int.TryParse(json.Text("number"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The line's own timestamp in nanoseconds since the Unix epoch; null when it has none.</summary>
    public static long? TimestampNs(StoredLine line) =>
        Rfc3339.TryParse(Json(line.Line)?.Text("timestamp"), out var nanoseconds) ? nanoseconds : null;

    /// <summary>The trace id the line itself carries; null when it carries none.</summary>
    public static string? TraceId(StoredLine line) => Json(line.Line)?.Text("trace_id") is { Length: > 0 } id ? id : null;

    /// <summary>The line's fields as text; none when it is no JSON object.</summary>
    public static IReadOnlyDictionary<string, string> Fields(StoredLine line) => Json(line.Line)?.TextMap() ?? new Dictionary<string, string>();

    /// <summary>The status that a request line tells; null where it tells none.</summary>
    public static int? Status(StoredLine line) =>
        Fields(line).Where(field => RequestFields.Contains(field.Key, StringComparer.OrdinalIgnoreCase))
            .Select(field => int.TryParse(field.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : (int?)null).FirstOrDefault();

    /// <summary>Whether the line is the one that a service writes per request: it tells a status.</summary>
    public static bool IsRequestLine(StoredLine line) =>
        Json(line.Line) is { } json && json.EnumerateObject().Any(property => RequestFields.Contains(property.Name, StringComparer.OrdinalIgnoreCase));

    /// <summary>A numbered line of this run that belongs to the synthetic trace of that number.</summary>
    /// <param name="at">Later for each line, by 100 ns at least: the order of the lines is the order of their timestamps.</param>
    public static string Line(VerificationRun run, string job, DateTime at, int number, int trace)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", Rfc3339.Format(at));
            json.WriteString("level", "information");
            json.WriteString("service", job);
            json.WriteString("message", $"verify {run.Identity.Id} line {number}");
            json.WriteString("trace_id", run.Identity.TraceId(run.Synthetic, trace));
            json.WriteString("span_id", run.Identity.SpanId(run.Synthetic, trace * 16));
            json.WriteNumber("number", number);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static JsonElement? Json(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
