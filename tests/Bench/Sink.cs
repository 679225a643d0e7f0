using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Bench;

/// <summary>Where the spans go: accepts OTLP over gRPC, counts the spans, not the other signals, and answers.</summary>
public static class Sink
{
    /// <summary>Answers how many spans have arrived.</summary>
    public const string Received = "/received";

    private const string Traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const int ResourceSpans = 1;
    private const int ScopeSpans = 2;
    private const int Spans = 2;
    private const int FramePrefix = 5;

    public static async Task<int> RunAsync()
    {
        var received = 0L;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(static kestrel => kestrel.ConfigureEndpointDefaults(static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (context.Request.Path == Received)
            {
                await context.Response.WriteAsync(Interlocked.Read(ref received).ToString(CultureInfo.InvariantCulture));
                return;
            }

            if (context.Request.Path == Traces)
                Interlocked.Add(ref received, Count(body.ToArray().AsSpan(FramePrefix)));
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync();
        await Console.Out.WriteLineAsync(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await Console.In.ReadToEndAsync();
        return 0;
    }

    /// <summary>The spans of an <c>ExportTraceServiceRequest</c>, see opentelemetry/proto/collector/trace/v1.</summary>
    private static int Count(ReadOnlySpan<byte> request)
    {
        var spans = 0;
        while (Next(ref request, ResourceSpans, out var resource))
        {
            while (Next(ref resource, ScopeSpans, out var scope))
            {
                while (Next(ref scope, Spans, out _))
                    spans++;
            }
        }

        return spans;
    }

    /// <summary>The next embedded message in the field; the messages above hold no field of another wire type.</summary>
    private static bool Next(ref ReadOnlySpan<byte> message, int field, out ReadOnlySpan<byte> value)
    {
        while (!message.IsEmpty)
        {
            var tag = Varint(ref message);
            var length = Varint(ref message);
            value = message[..length];
            message = message[length..];
            if (tag >> 3 == field)
                return true;
        }

        value = default;
        return false;
    }

    private static int Varint(ref ReadOnlySpan<byte> message)
    {
        var (value, shift) = (0, 0);
        byte next;
        do
        {
            next = message[0];
            message = message[1..];
            value |= (next & 0x7F) << shift;
            shift += 7;
        }
        while ((next & 0x80) != 0);
        return value;
    }
}
