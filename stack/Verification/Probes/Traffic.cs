using System.Diagnostics;
using System.Globalization;
using MicroMonitored.Verification.Clients;

namespace MicroMonitored.Verification.Probes;

/// <summary>What was sent to one service.</summary>
/// <param name="Answered">Requests that had an answer, of whatever status.</param>
/// <param name="Refused">Answers outside 2xx.</param>
/// <param name="Failure">Why a request had no answer; null when all had one.</param>
/// <param name="BeganAt">Before the first request.</param>
/// <param name="EndTimestamp">After the last answer, as <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record ServiceTraffic(ServiceUnderTest Service, int Sent, int Answered, int Refused, string? Failure, DateTimeOffset BeganAt, long EndTimestamp)
{
    public bool Reached => Answered > 0;
}

/// <summary>Drives the services once: numbered requests with known trace ids, in order on one connection per service.</summary>
internal static class Traffic
{
    /// <summary>What the secrets begin with that this run sends to a service; where each was sent is written behind it.</summary>
    public static string Secret(VerificationRun run, string service) => $"mm-verify-secret-{run.Identity.OfFaults().Id}{run.Source(service):x8}";

    /// <summary>Paths that must leave no span, no request metric and no log line.</summary>
    public static readonly IReadOnlyList<string> ExcludedPaths = ["/metrics", "/health/live", "/health/ready"];

    /// <summary>All traffic of the run, by service; the counters' baselines are read before the first request.</summary>
    public static Task<IReadOnlyDictionary<string, ServiceTraffic>> OfAsync(VerificationRun run) =>
        run.FactAsync("traffic", "", async cancellation =>
        {
            await Task.WhenAll([.. run.Services.Select(service => RequestCounters.BaselineAsync(run, service.Name)),
                DropCounters.BaselineAsync(run), ServiceGraph.BaselineAsync(run)]).ConfigureAwait(false);
            await Drives.SendAsync(run, cancellation).ConfigureAwait(false);
            var traffic = await Task.WhenAll(run.Services.Where(service => service.ProbePath is not null)
                .Select(service => DriveAsync(run, service, cancellation))).ConfigureAwait(false);
            return (IReadOnlyDictionary<string, ServiceTraffic>)traffic.ToDictionary(of => of.Service.Name, StringComparer.Ordinal);
        });

    public static async Task<ServiceTraffic?> OfAsync(VerificationRun run, string service) =>
        (await OfAsync(run).ConfigureAwait(false)).GetValueOrDefault(service);

    /// <summary>The trace ids that must be seen at the service: of its own requests, then of its callers' requests.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<string>>> ExpectedTracesAsync(VerificationRun run, string service)
    {
        var traffic = await OfAsync(run).ConfigureAwait(false);
        return [.. run.CallersOf(service).Select(caller => caller.Name).Prepend(service)
            .Where(traffic.ContainsKey)
            .Select(from => (IReadOnlyList<string>)[.. Enumerable.Range(0, traffic[from].Answered)
                .Select(number => run.Identity.TraceId(run.Source(from), number))])
            .Where(ids => ids.Count > 0)];
    }

    /// <summary>A client with one connection per service, so that requests are handled in the order they are sent.</summary>
    public static HttpClient Client(VerificationRun run) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        MaxConnectionsPerServer = 1,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = run.Poll.Patience(TimeSpan.FromSeconds(10)),
    };

    /// <summary>One more request to the service, with a trace id outside this run's, for what may have missed the first ones.</summary>
    public static async Task RemindAsync(VerificationRun run, string service, CancellationToken cancellation)
    {
        using var client = Client(run);
        var target = run.Service(service);
        var roots = new List<TraceSpan>();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(target.BaseAddress, target.ProbePath!));
        await AskAsync(client, run, request, ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString(), roots, cancellation)
            .ConfigureAwait(false);
        await RootAsync(run, roots, cancellation).ConfigureAwait(false);
    }

    /// <summary>Puts the secret, tagged with the place, wherever a client may send one.</summary>
    public static void Plant(HttpRequestMessage request, string secret)
    {
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {secret}-header");
        request.Headers.TryAddWithoutValidation("Cookie", $"session={secret}-cookie");
        request.Content = new StringContent($$"""{"password":"{{secret}}-body"}""", System.Text.Encoding.UTF8, "application/json");
    }

    private static async Task<ServiceTraffic> DriveAsync(VerificationRun run, ServiceUnderTest service, CancellationToken cancellation)
    {
        var source = run.Source(service.Name);
        await Task.WhenAll(ExcludedPaths.Select((path, at) => ExcludedAsync(run, new Uri(service.BaseAddress, path), source, at, cancellation)))
            .ConfigureAwait(false);
        using var client = Client(run);
        var roots = new List<TraceSpan>();
        var probe = new Uri(service.BaseAddress, service.ProbePath!);
        var beganAt = run.Time.GetUtcNow();
        int answered = 0, refused = 0;
        string? failure = null;
        for (var number = 0; number < run.Plan.RequestsPerService && failure is null; number++)
        {
            var secret = number == 0 ? Secret(run, service.Name) : null;
            var (status, problem) = await AskAsync(client, run, probe, source, number, secret, roots, cancellation).ConfigureAwait(false);
            failure = problem;
            if (problem is null)
                answered++;
            if (status is < 200 or >= 300)
                refused++;
        }
        await RootAsync(run, roots, cancellation).ConfigureAwait(false);
        return new ServiceTraffic(service, run.Plan.RequestsPerService, answered, refused, failure, beganAt, run.Time.GetTimestamp());
    }

    /// <summary>Asks what must leave no trace; whether it answers is another check's matter, and it holds up nothing.</summary>
    private static async Task ExcludedAsync(VerificationRun run, Uri address, uint source, int number, CancellationToken cancellation)
    {
        using var client = Client(run);
        client.Timeout = run.Poll.Patience(TimeSpan.FromSeconds(1));
        await AskAsync(client, run, address, RunIdentity.ExcludedPaths + source, number, null, [], cancellation).ConfigureAwait(false);
    }

    /// <summary>Stores the client spans that are the parents of what the services did: no trace that Verify causes is without its root.</summary>
    public static async Task RootAsync(VerificationRun run, IReadOnlyList<TraceSpan> roots, CancellationToken cancellation)
    {
        if (roots.Count == 0)
            return;
        try
        {
            await run.Sender.SendAsync(TraceProtocol.OtlpHttpProtobuf, roots, cancellation).ConfigureAwait(false);
        }
        catch (SignalException)
        {
            // A receiver that takes nothing is the finding of traces.otlp-http.
        }
    }

    /// <summary>One GET under a known trace; the status, or why there was no answer.</summary>
    /// <param name="roots">Gets the client span of the request, for <see cref="RootAsync"/>.</param>
    public static async Task<(int? Status, string? Failure)> AskAsync(
        HttpClient client, VerificationRun run, Uri address, uint source, int number, string? secret,
        ICollection<TraceSpan> roots, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, secret is null ? address : new Uri($"{address}{(address.Query.Length > 0 ? '&' : '?')}access_token={secret}-query"));
        if (secret is not null)
            Plant(request, secret);
        return await AskAsync(client, run, request, run.Identity.TraceId(source, number), run.Identity.SpanId(source, number), roots, cancellation)
            .ConfigureAwait(false);
    }

    public static async Task<(int? Status, string? Failure)> AskAsync(
        HttpClient client, VerificationRun run, HttpRequestMessage request, string traceId, string spanId,
        ICollection<TraceSpan> roots, CancellationToken cancellation)
    {
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{traceId}-{spanId}-01");
        var began = Nanoseconds(run);
        int? status = null;
        string? failure = null;
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation).ConfigureAwait(false);
            status = (int)response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException
            && !cancellation.IsCancellationRequested)
        {
            failure = exception is OperationCanceledException
                ? string.Create(CultureInfo.InvariantCulture, $"no answer within {client.Timeout.TotalSeconds:0.#} s")
                : exception.InnerException?.Message ?? exception.Message;
        }
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["verify.run"] = run.Identity.Id,
            ["http.request.method"] = request.Method.Method,
            ["url.path"] = request.RequestUri!.AbsolutePath,
        };
        if (status is { } answered)
            attributes["http.response.status_code"] = (long)answered;
        roots.Add(new TraceSpan(traceId, spanId, null, request.Method.Method, SpanKind.Client, began, Nanoseconds(run), SyntheticTrace.Service, attributes)
        {
            IsError = status is null or >= 400,
        });
        return (status, failure);
    }

    private static long Nanoseconds(VerificationRun run) => (run.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
