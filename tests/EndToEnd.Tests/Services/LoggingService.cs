using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace EndToEnd.Tests.Services;

/// <summary>The benchmark's server with the template's instrumentation, as a real process that logs into a folder of its own or of another.</summary>
internal sealed class LoggingService : IAsyncDisposable
{
    private const int LinesPerRequest = 50;
    private const int Connections = 8;

    private readonly string _folder;
    private readonly Process _process;
    private readonly HttpClient _client;

    private LoggingService(ProcessStartInfo start, LoggingService? beside)
    {
        _folder = beside?._folder ?? Directory.CreateTempSubdirectory("durability").FullName;
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        start.ArgumentList.Add(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Bench", configuration, "Bench.dll")));
        foreach (var argument in new[] { "serve", "ours", _folder })
            start.ArgumentList.Add(argument);
        start.Environment["OTEL_TRACES_EXPORTER"] = "none";
        start.Environment["OTEL_SERVICE_NAME"] = "durable";
        start.Environment["Monitoring__LogFileBytes"] = $"{16 * 1024 * 1024}";
        start.Environment["Monitoring__LogFilesKept"] = "50";
        _process = Process.Start(start)!;
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections });
    }

    /// <param name="beside">Another process of the same service, whose files it shares.</param>
    public static async Task<LoggingService> StartAsync(CancellationToken cancellationToken, LoggingService? beside = null)
    {
        var service = new LoggingService(new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true }, beside);
        while (await service._process.StandardOutput.ReadLineAsync(cancellationToken) is { } said)
        {
            if (!said.StartsWith("http://", StringComparison.Ordinal))
                continue;
            service._client.BaseAddress = new Uri(said);
            _ = service._process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return service;
        }

        throw new InvalidOperationException("the service ended before it said its address");
    }

    /// <summary>Has it write the lines numbered from the first, from several connections at a time; ends early when it stops answering.</summary>
    public async Task<IReadOnlyCollection<int>> WriteAsync(int lines, CancellationToken cancellationToken, int first = 0)
    {
        var answered = new System.Collections.Concurrent.ConcurrentBag<int>();
        var next = first - LinesPerRequest;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            while (Interlocked.Add(ref next, LinesPerRequest) is var from && from < first + lines)
            {
                try
                {
                    using var answer = await _client.GetAsync($"/lines?from={from}&count={LinesPerRequest}", cancellationToken);
                    if (answer.IsSuccessStatusCode)
                        answered.Add(from);
                }
                catch (HttpRequestException)
                {
                    return;
                }
            }
        }));
        return [.. answered.SelectMany(static from => Enumerable.Range(from, LinesPerRequest))];
    }

    /// <summary>Asks it to end, by the end of its input, and waits.</summary>
    public Task EndAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        return _process.WaitForExitAsync(cancellationToken);
    }

    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public void Kill() => _process.Kill();

    public Task ExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>All lines of all files, oldest first.</summary>
    public IEnumerable<string> Lines() => Directory.EnumerateFiles(_folder, "durable*.log")
        .OrderByDescending(static file => Path.GetFileName(file).Split('.') is [_, var number, _] ? int.Parse(number, CultureInfo.InvariantCulture) : 0)
        .SelectMany(File.ReadLines);

    public int Files => Directory.GetFiles(_folder, "*.log").Length;

    /// <summary>The number that a line carries; null for lines of requests and of the host.</summary>
    /// <exception cref="JsonException">The line is torn.</exception>
    public static int? Number(string line)
    {
        using var entry = JsonDocument.Parse(line);
        return entry.RootElement.GetProperty("category").GetString() == "Bench.Lines" ? entry.RootElement.GetProperty("Number").GetInt32() : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _client.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
