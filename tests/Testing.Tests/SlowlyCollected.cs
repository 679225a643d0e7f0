using System.Diagnostics;
using Google.Protobuf;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace Testing.Tests;

/// <summary>A service that takes its time to collect its metrics: it reads a counter first and a gauge last, and says when each was read.</summary>
internal sealed class SlowlyCollected : IAsyncDisposable
{
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client;
    private readonly Task _collecting;
    private TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _placed;

    public SlowlyCollected(Uri receiver)
    {
        _client = new HttpClient { BaseAddress = receiver };
        _collecting = CollectAsync();
    }

    /// <summary>Counts an order right after a collection has read the counter.</summary>
    public async Task PlaceAsync()
    {
        await _read.Task;
        Interlocked.Increment(ref _placed);
        var (root, now) = (Activity.Current!, Nanoseconds());
        await SendAsync("v1/traces", new ExportTraceServiceRequest
        {
            ResourceSpans =
            {
                new ResourceSpans
                {
                    Resource = Service(),
                    ScopeSpans = { new ScopeSpans { Spans = { Server(root, now) } } },
                },
            },
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _collecting;
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task CollectAsync()
    {
        try
        {
            while (true)
            {
                var (placed, at, read) = (Interlocked.Read(ref _placed), Nanoseconds(), _read);
                _read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                read.SetResult();
                await Task.Delay(Slowness, _stop.Token);
                await SendAsync("v1/metrics", Collected(placed, at));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static ExportMetricsServiceRequest Collected(long placed, ulong at)
    {
        var orders = new Metric
        {
            Name = "orders.placed",
            Sum = new Sum
            {
                IsMonotonic = true, AggregationTemporality = AggregationTemporality.Cumulative,
                DataPoints = { new NumberDataPoint { TimeUnixNano = at, AsInt = placed } },
            },
        };
        var load = new Metric { Name = "load", Gauge = new Gauge { DataPoints = { new NumberDataPoint { TimeUnixNano = Nanoseconds(), AsDouble = 1 } } } };
        return new ExportMetricsServiceRequest
        {
            ResourceMetrics = { new ResourceMetrics { Resource = Service(), ScopeMetrics = { new ScopeMetrics { Metrics = { orders, load } } } } },
        };
    }

    private static Span Server(Activity root, ulong now) => new()
    {
        TraceId = ByteString.CopyFrom(Convert.FromHexString(root.TraceId.ToHexString())),
        SpanId = ByteString.CopyFrom(Convert.FromHexString(ActivitySpanId.CreateRandom().ToHexString())),
        ParentSpanId = ByteString.CopyFrom(Convert.FromHexString(root.SpanId.ToHexString())),
        Name = "POST /orders", Kind = Span.Types.SpanKind.Server, StartTimeUnixNano = now, EndTimeUnixNano = now,
    };

    private static Resource Service()
        => new() { Attributes = { new KeyValue { Key = "service.name", Value = new AnyValue { StringValue = "slow" } } } };

    private async Task SendAsync(string path, IMessage message)
    {
        using var body = new ByteArrayContent(message.ToByteArray());
        body.Headers.ContentType = new("application/x-protobuf");
        (await _client.PostAsync(path, body, _stop.Token)).EnsureSuccessStatusCode().Dispose();
    }

    private static ulong Nanoseconds() => (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
