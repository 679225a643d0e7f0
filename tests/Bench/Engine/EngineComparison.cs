using System.Globalization;
using System.Text;

namespace Bench.Engine;

/// <summary>
/// The embedded engine beside its peers: the same spans to each in turn, then lines from a file; what questions to a full store take, what is on disk
/// afterwards, and what the engine takes while next to nothing happens.
/// </summary>
public static class EngineComparison
{
    private const int Rounds = 5;
    private const int BodiesPerRound = 200;
    private const int LinesPerRound = 100_000;
    private static readonly string Own = Path.Combine(AppContext.BaseDirectory, "MicroMonitored.Embedded.dll");
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(9);

    /// <param name="artifacts">Where <c>engine.md</c> is written.</param>
    /// <param name="peers">Aspire's dashboard or other builds of the engine, as paths; nothing for Aspire's dashboard where a feed carries it.</param>
    public static async Task<int> RunAsync(string artifacts, IReadOnlyList<string> peers)
    {
        using var limit = new CancellationTokenSource(Limit);
        var folder = Directory.CreateTempSubdirectory("bench-engine").FullName;
        var receivers = new List<Receiver>();
        try
        {
            var idle = await Idle.MeasureAsync(Own, Path.Combine(folder, "idle"), limit.Token);
            receivers.Add(await Receiver.EngineAsync(Own, Path.Combine(folder, "0")));
            foreach (var peer in peers.Count > 0 ? peers : await AspirePackage.RestoredAsync(folder))
            {
                var own = Path.Combine(folder, receivers.Count.ToString(CultureInfo.InvariantCulture));
                receivers.Add(peer.EndsWith(".dll", StringComparison.Ordinal)
                    ? await Receiver.EngineAsync(peer, own)
                    : await Receiver.AspireAsync(peer, own));
            }

            var report = $"{await MeasureAsync(receivers, limit.Token)}\n{idle}\n";
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
            var (bodies, traces) = payloads.Bodies(BodiesPerRound);
            for (var i = 0; i < receivers.Count; i++)
            {
                var rate = await SpansAsync(receivers[i], bodies, traces[^1], cancellation);
                raw[i] += bodies.Sum(static body => (long)body.Length);
                if (round > 0)
                    spans[i].Add(rate);
                memory[i] = Math.Max(memory[i], receivers[i].WorkingSet);
            }

            foreach (var (i, receiver) in receivers.Index().Where(static pair => pair.Item.Loki is not null))
            {
                var text = payloads.Lines(LinesPerRound);
                var rate = await LinesAsync(receiver, text, round, cancellation);
                raw[i] += text.Length;
                if (round > 0)
                    lines[i].Add(rate);
                memory[i] = Math.Max(memory[i], receiver.WorkingSet);
            }

            await Console.Out.WriteLineAsync($"round {round}: spans {Newest(spans)}, lines {Newest(lines)} a CPU-second");
        }

        var asked = await FullStore.MeasureAsync(receivers[0], payloads, cancellation);
        raw[0] += asked.RawBytes;
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

        return $"{table}\n{asked.Answers}";
    }

    private static string Newest(List<List<double>> rates) => string.Join(' ', rates.Select(static own => Number(own.LastOrDefault(), "0")));

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

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
        long counted;
        do
        {
            await Task.Delay(Aftermath, cancellation);
            counted = await receiver.CountAsync($"orders-{round}", cancellation);
        }
        while (counted < LinesPerRound);
        return counted == LinesPerRound
            ? LinesPerRound / (receiver.ProcessorTime - before).TotalSeconds
            : throw new InvalidOperationException($"{receiver.Name} counts {counted} lines of {LinesPerRound}");
    }

    private static long Size(string folder) => Directory.EnumerateFiles(folder).Sum(static file => new FileInfo(file).Length);
}
