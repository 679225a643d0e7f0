using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Bench.Engine;

/// <summary>The embedded engine beside its peers: the same spans to each in turn, then lines from a file, and what is on disk afterwards.</summary>
public static class EngineComparison
{
    private const int Rounds = 5;
    private const int BodiesPerRound = 200;
    private const int LinesPerRound = 100_000;
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <param name="artifacts">Where <c>engine.md</c> is written.</param>
    /// <param name="peers">Aspire's dashboard, or nothing; other builds of the engine as paths of their assemblies.</param>
    public static async Task<int> RunAsync(string artifacts, IReadOnlyList<string> peers)
    {
        using var limit = new CancellationTokenSource(Limit);
        var folder = Directory.CreateTempSubdirectory("bench-engine").FullName;
        var receivers = new List<Receiver>();
        try
        {
            receivers.Add(await Receiver.EngineAsync(Path.Combine(AppContext.BaseDirectory, "MicroMonitored.Embedded.dll"), Path.Combine(folder, "0")));
            foreach (var peer in peers)
            {
                var own = Path.Combine(folder, receivers.Count.ToString(CultureInfo.InvariantCulture));
                receivers.Add(peer.EndsWith(".dll", StringComparison.Ordinal)
                    ? await Receiver.EngineAsync(peer, own)
                    : await Receiver.AspireAsync(peer, own));
            }

            var report = await MeasureAsync(receivers, limit.Token);
            Directory.CreateDirectory(artifacts);
            await File.WriteAllTextAsync(Path.Combine(artifacts, "engine.md"), report);
            await Console.Out.WriteLineAsync(report);
            return 0;
        }
        catch (Exception fault) when (fault is InvalidOperationException or OperationCanceledException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"A server did not answer: {fault.Message}");
            return 1;
        }
        finally
        {
            foreach (var receiver in receivers)
                await receiver.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> MeasureAsync(List<Receiver> receivers, CancellationToken cancellation)
    {
        var payloads = new Payloads(1);
        var spans = receivers.Select(static _ => new List<double>()).ToList();
        var lines = receivers.Select(static _ => new List<double>()).ToList();
        var raw = receivers.Select(static _ => 0L).ToArray();
        var memory = receivers.Select(static _ => 0L).ToArray();
        for (var round = 0; round <= Rounds; round++)
        {
            var (bodies, last) = Bodies(payloads);
            for (var i = 0; i < receivers.Count; i++)
            {
                var rate = await SpansAsync(receivers[i], bodies, last, cancellation);
                raw[i] += bodies.Sum(static body => (long)body.Length);
                if (round > 0)
                    spans[i].Add(rate);
                memory[i] = Math.Max(memory[i], receivers[i].WorkingSet);
            }

            foreach (var (i, receiver) in receivers.Index().Where(static pair => pair.Item.Loki is not null))
            {
                var text = Lines(payloads);
                var rate = await LinesAsync(receiver, text, round, cancellation);
                raw[i] += text.Length;
                if (round > 0)
                    lines[i].Add(rate);
                memory[i] = Math.Max(memory[i], receiver.WorkingSet);
            }

            await Console.Out.WriteLineAsync($"round {round}: spans {Newest(spans)}, lines {Newest(lines)} a CPU-second");
        }

        var table = new StringBuilder(
            "| server | spans per CPU-second | relative | lines per CPU-second | disk to raw bytes | memory |\n|---|---:|---:|---:|---:|---:|\n");
        foreach (var (i, receiver) in receivers.Index())
        {
            await receiver.DisposeAsync();
            var disk = receiver.Loki is null ? "none" : Number(Size(Path.Combine(receiver.Folder, "data")) / (double)raw[i], "0.00");
            table.Append(CultureInfo.InvariantCulture, $"| {receiver.Name} | {Number(Median.Of(spans[i]), "#,0")} | "
                + $"{Number(Median.Of(spans[0].Zip(spans[i], static (own, other) => own / other)), "0.0")} | "
                + $"{(lines[i].Count == 0 ? "none" : Number(Median.Of(lines[i]), "#,0"))} | {disk} | {memory[i] / 1_000_000} MB |\n");
        }

        return table.ToString();
    }

    private static string Newest(List<List<double>> rates) => string.Join(' ', rates.Select(static own => Number(own.LastOrDefault(), "0")));

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static (List<byte[]> Bodies, string Last) Bodies(Payloads payloads)
    {
        var bodies = new List<byte[]>();
        var last = "";
        for (var i = 0; i < BodiesPerRound; i++)
        {
            (var body, last) = payloads.Spans(DateTimeOffset.UtcNow);
            bodies.Add(body);
        }

        return (bodies, last);
    }

    private static byte[] Lines(Payloads payloads)
    {
        var text = new StringBuilder();
        for (var i = 0; i < LinesPerRound; i++)
            payloads.Line(text, DateTimeOffset.UtcNow);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static async Task<double> SpansAsync(Receiver receiver, List<byte[]> bodies, string last, CancellationToken cancellation)
    {
        var before = receiver.ProcessorTime;
        await receiver.SendAsync(bodies, cancellation);
        await Task.Delay(Aftermath, cancellation);
        var spent = receiver.ProcessorTime - before;
        if (receiver.Tempo is { } tempo && !(await receiver.Client.GetStringAsync(new Uri(tempo, $"/api/traces/{last}"), cancellation)).Contains("spanId"))
            throw new InvalidOperationException($"{receiver.Name} does not know trace {last}");
        return bodies.Count * Payloads.SpansPerBody / spent.TotalSeconds;
    }

    /// <summary>From the file's growth until the query that counts the lines has counted all.</summary>
    private static async Task<double> LinesAsync(Receiver receiver, byte[] text, int round, CancellationToken cancellation)
    {
        var before = receiver.ProcessorTime;
        await using (var file = new FileStream(Path.Combine(receiver.Folder, "logs", $"orders-{round}.log"), FileMode.Append))
            await file.WriteAsync(text, cancellation);
        var query = new Uri(receiver.Loki!, "/loki/api/v1/query?query=" + Uri.EscapeDataString($"sum(count_over_time({{job=\"orders-{round}\"}}[1h]))"));
        long counted;
        do
        {
            await Task.Delay(Aftermath, cancellation);
            using var answer = JsonDocument.Parse(await receiver.Client.GetStringAsync(query, cancellation));
            var result = answer.RootElement.GetProperty("data").GetProperty("result");
            counted = result.GetArrayLength() == 0 ? 0 : long.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        }
        while (counted < LinesPerRound);
        return counted == LinesPerRound
            ? LinesPerRound / (receiver.ProcessorTime - before).TotalSeconds
            : throw new InvalidOperationException($"{receiver.Name} counts {counted} lines of {LinesPerRound}");
    }

    private static long Size(string folder) => Directory.EnumerateFiles(folder).Sum(static file => new FileInfo(file).Length);
}
