using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace MicroMonitored.Verification.Clients;

/// <summary>A part of the stack did not answer, or answered what it should not; the message names it and its address.</summary>
internal sealed class SignalException(string message, int? status = null) : Exception(message)
{
    /// <summary>The HTTP status, null when there was no answer at all.</summary>
    public int? Status { get; } = status;
}

/// <summary>One answer, read whole.</summary>
internal sealed record HttpAnswer(int Status, string Body)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Whether it is a web page, as a proxy in between answers it.</summary>
    public bool IsPage => Body.AsSpan().TrimStart() is ['<', ..];

    /// <summary>What <paramref name="read"/> makes of the answer.</summary>
    /// <exception cref="SignalException">It is no JSON, or JSON of another shape than is read.</exception>
    public T Json<T>(string component, Uri address, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(Body);
            return read(document.RootElement.Clone());
        }
        catch (Exception exception) when (exception is not SignalException)
        {
            // Whatever a reader stumbles over, it is the answer that is not what the API promises.
            var what = exception is JsonException ? "no JSON" : "JSON of another shape";
            throw new SignalException($"{component} answered {what} on {address.GetLeftPart(UriPartial.Path)}: {Excerpt(Body)}", Status);
        }
    }

    public static string Excerpt(string body)
    {
        var line = body.ReplaceLineEndings(" ").Trim();
        return line.Length <= 160 ? line : string.Concat(line.AsSpan(0, 160), "…");
    }
}

/// <summary>HTTP with bounded answers and one kind of failure.</summary>
/// <param name="access">What requests carry below which base address.</param>
/// <param name="acceptsAnyCertificate">Whether a certificate need not be valid.</param>
/// <param name="poll">Bounds what a single answer may take by what is left of the run.</param>
internal sealed class SignalHttp(IReadOnlyList<Endpoint>? access = null, bool acceptsAnyCertificate = false, Poller? poll = null) : IDisposable
{
    private const long LargestAnswer = 64 * 1024 * 1024;
    private const long LargestScrape = 16 * 1024 * 1024;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient _client = Client(acceptsAnyCertificate, LargestAnswer);
    private readonly HttpClient _scraper = Client(acceptsAnyCertificate, LargestScrape);

    /// <summary>How long an answer may take now.</summary>
    public TimeSpan Patience => poll?.Patience(RequestTimeout) ?? RequestTimeout;

    public Task<HttpAnswer> GetAsync(string component, Uri address, CancellationToken cancellation, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return SendAsync(component, request, cancellation);
    }

    /// <summary>What is shown on <c>/metrics</c>, no more of it than a scraper takes.</summary>
    public Task<HttpAnswer> MetricsAsync(string component, Uri address, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "metrics"));
        request.Headers.TryAddWithoutValidation("Accept", "text/plain;version=0.0.4");
        return SendAsync(component, request, cancellation, _scraper);
    }

    public Task<HttpAnswer> PostAsync(
        string component, Uri address, byte[] body, string contentType, CancellationToken cancellation,
        params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return SendAsync(component, request, cancellation);
    }

    /// <summary>As <see cref="GetAsync"/>, but anything outside 2xx and anything that cannot be read is a <see cref="SignalException"/>.</summary>
    public async Task<T> GetJsonAsync<T>(
        string component, Uri address, Func<JsonElement, T> read, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        var answer = await GetAsync(component, address, cancellation, headers).ConfigureAwait(false);
        if (!answer.IsSuccess)
        {
            var where = address.GetLeftPart(UriPartial.Path);
            throw new SignalException($"{component} answered {answer.Status} on {where}: {HttpAnswer.Excerpt(answer.Body)}", answer.Status);
        }

        return answer.Json(component, address, read);
    }

    /// <summary>The headers that a request to this address carries.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Carried(Uri address)
        => access?.Where(endpoint => endpoint.Address.IsBaseOf(address)).MaxBy(endpoint => endpoint.Address.AbsolutePath.Length) is not { } endpoint ? []
            : endpoint.Credentials is { } credentials
                ? [.. endpoint.Headers, KeyValuePair.Create("authorization", $"{credentials.Scheme} {credentials.Parameter}")]
                : [.. endpoint.Headers];

    /// <summary>A handler with the same rules for a client of another kind, which disposes it.</summary>
    public HttpMessageHandler Handler() => Handler(acceptsAnyCertificate);

    public void Dispose()
    {
        _client.Dispose();
        _scraper.Dispose();
    }

    private static HttpClient Client(bool acceptsAnyCertificate, long largest) => new(Handler(acceptsAnyCertificate))
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = largest,
    };

    [SuppressMessage("Security", "CA5359", Justification = "Asked for by the person who names the stack.")]
    private static SocketsHttpHandler Handler(bool acceptsAnyCertificate) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        // Beside a service in one process, its instrumentation would take these requests for the service's own.
        ActivityHeadersPropagator = null,
        MeterFactory = Unobserved.Meters,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        SslOptions = { RemoteCertificateValidationCallback = acceptsAnyCertificate ? (_, _, _, _) => true : null },
    };

    private async Task<HttpAnswer> SendAsync(string component, HttpRequestMessage request, CancellationToken cancellation, HttpClient? client = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        var clock = Stopwatch.StartNew();
        var origin = request.RequestUri!.GetLeftPart(UriPartial.Authority);
        foreach (var (name, value) in Carried(request.RequestUri))
        {
            if (!request.Headers.Contains(name))
                request.Headers.TryAddWithoutValidation(name, value);
        }
        try
        {
            using (request)
            using (var response = await (client ?? _client).SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token).ConfigureAwait(false))
            {
                return new HttpAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException exception)
        {
            var late = string.Create(CultureInfo.InvariantCulture, $"{component} did not answer within {clock.Elapsed.TotalSeconds:0.0} s on {origin}");
            throw cancellation.IsCancellationRequested ? new OperationCanceledException(late, exception, cancellation) : new SignalException(late);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            var reason = exception.InnerException is SocketException socket ? Reason(socket) : exception.Message;
            throw new SignalException($"{component} not answering on {origin}: {reason}");
        }
    }

    private static string Reason(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound => "host not found",
        SocketError.TimedOut => "timed out",
        _ => exception.Message,
    };
}

/// <summary>Meters of a name that nobody collects.</summary>
internal sealed class Unobserved : IMeterFactory
{
    public static readonly Unobserved Meters = new();

    public Meter Create(MeterOptions options) => new($"MicroMonitored.Verification/{options.Name}");

    public void Dispose()
    {
    }
}
