using System.Globalization;
using System.Text;

namespace Bench.Engine;

/// <summary>Questions to an engine that holds a million lines and a million spans more than it did.</summary>
public static class FullStore
{
    private const int Bodies = 1_000_000 / Payloads.SpansPerBody + 1;
    private const int BodiesAtOnce = 200;
    private const int Lines = 1_000_000;
    private const int LinesAtOnce = 100_000;
    private const int Searches = 15;
    private const int Traces = 1000;
    private const string Job = "full";
    private const int Views = 5;
    private static readonly string[] Pages =
    [
        "/", "/traces", "/traces?service=orders&errors=on", "/logs", "/logs?q=payments", "/logs?service=full&level=error", "/explore/metrics", "/map",
        "/dashboards", "/d/mm-services", "/d/mm-logs", "/d/mm-traces", "/alerts", "/explore",
    ];
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>The answers' times in words, and the bytes that were sent.</summary>
    public static async Task<(string Answers, long RawBytes)> MeasureAsync(Receiver engine, Payloads payloads, CancellationToken cancellation)
    {
        var (spans, traces) = await SendAsync(engine, payloads, cancellation);
        var (lines, texts) = await WriteAsync(engine, payloads, cancellation);
        // What arrived in small pieces is merged in the background.
        await Task.Delay(5 * Poll, cancellation);

        var random = new Random(1);
        var searches = new List<double>();
        var spent = engine.ProcessorTime;
        for (var i = 0; i < Searches; i++)
            searches.Add(await TimeAsync(engine, Search($"{{job=\"{Job}\"}} |= \"{texts[random.Next(texts.Count)]}\""), "\"values\"", cancellation));
        spent = engine.ProcessorTime - spent;
        var found = new List<double>();
        for (var i = 0; i < Traces; i++)
            found.Add(await TimeAsync(engine, new Uri(engine.Tempo!, $"/api/traces/{traces[random.Next(traces.Count)]}"), "spanId", cancellation));
        found.Sort();
        var pages = new List<string>();
        foreach (var page in Pages.Append($"/trace/{traces[0]}"))
        {
            var views = new List<double>();
            for (var i = 0; i < Views; i++)
                views.Add(await TimeAsync(engine, new Uri(engine.Pages!, page), "</html>", cancellation));
            pages.Add(string.Create(CultureInfo.InvariantCulture, $"| {page.Replace(traces[0], "…", StringComparison.Ordinal)} | {Median.Of(views):0} ms |"));
        }

        var seconds = Median.Of(searches) / 1000;
        return (string.Create(CultureInfo.InvariantCulture, $"""
            A text that one line of a million holds, found over HTTP: {seconds * 1000:0} ms at the median, {lines / 1e6 / seconds:0} MB of lines per second,
            {lines / 1e6 * Searches / spent.TotalSeconds:0} MB per CPU-second. A trace of a million spans, by its id: {Median.Of(found):0.0} ms at the median,
            {found[Traces * 99 / 100]:0.0} ms at the 99th percentile.

            | page | median of {Views} |
            |---|---:|
            {string.Join('\n', pages)}

            """), spans + lines);
    }

    private static async Task<(long Bytes, List<string> Traces)> SendAsync(Receiver engine, Payloads payloads, CancellationToken cancellation)
    {
        var (bytes, all) = (0L, new List<string>());
        for (var sent = 0; sent < Bodies; sent += BodiesAtOnce)
        {
            var (bodies, traces) = payloads.Bodies(Math.Min(BodiesAtOnce, Bodies - sent));
            await engine.SendAsync(bodies, cancellation);
            bytes += bodies.Sum(static body => (long)body.Length);
            all.AddRange(traces);
        }

        return (bytes, all);
    }

    /// <summary>The bytes written once all lines can be found, and a text of one line out of each thousand.</summary>
    private static async Task<(long Bytes, List<string> Texts)> WriteAsync(Receiver engine, Payloads payloads, CancellationToken cancellation)
    {
        var (bytes, texts) = (0L, new List<string>());
        for (var written = 0; written < Lines; written += LinesAtOnce)
        {
            var text = payloads.Lines(LinesAtOnce);
            await using (var file = new FileStream(Path.Combine(engine.Folder, "logs", $"{Job}.log"), FileMode.Append))
                await file.WriteAsync(text, cancellation);
            bytes += text.Length;
            for (var place = 0; place < text.Length; place += text.Length / (LinesAtOnce / 1000) + 1)
                texts.Add(Encoding.UTF8.GetString(text.AsSpan(place + text.AsSpan(place).IndexOf("trace_id"u8) + "trace_id\":\"".Length + 8, 16)));
        }

        while (await engine.CountAsync(Job, cancellation) is var count && count != Lines)
        {
            if (count > Lines)
                throw new InvalidOperationException($"{engine.Name} counts {count} lines of {Lines}");
            await Task.Delay(Poll, cancellation);
        }

        return (bytes, texts);
    }

    private static Uri Search(string query) => new("/loki/api/v1/query_range?query=" + Uri.EscapeDataString(query), UriKind.Relative);

    /// <summary>Milliseconds until the whole answer, which must hold a text.</summary>
    private static async Task<double> TimeAsync(Receiver engine, Uri question, string expected, CancellationToken cancellation)
    {
        var started = TimeProvider.System.GetTimestamp();
        var answer = await engine.Client.GetStringAsync(question.IsAbsoluteUri ? question : new Uri(engine.Loki!, question), cancellation);
        var elapsed = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
        return answer.Contains(expected, StringComparison.Ordinal) ? elapsed : throw new InvalidOperationException($"{question} found nothing");
    }
}
