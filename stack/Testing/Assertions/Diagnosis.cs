using System.Diagnostics;
using MicroMonitored.Testing.Recording;

namespace MicroMonitored.Testing.Assertions;

/// <summary>Where a request was lost.</summary>
internal static class Diagnosis
{
    /// <summary>Of a span that is in no trace of the test: what the stores hold of the same time.</summary>
    public static async Task<string?> OfMissingAsync(RecordedTelemetry left, string name, string? service)
    {
        var elsewhere = service is null
            ? await left.Recorder.ElsewhereAsync(left.Recording).ConfigureAwait(false)
            : await left.Recorder.ElsewhereAsync(left.Recording, service).ConfigureAwait(false);
        if (elsewhere.FirstOrDefault(span => span.Name == name) is { } found)
            return Strayed("the test", found);
        return elsewhere.Count > 0
            ? $"the test → {service ?? "the service"}: \"{name}\" is in no trace of that time; there is {string.Join(", ", elsewhere.Take(3))}"
            : left.Snapshot.Spans.Count > 0 ? null
            : "the test → the store: no service sent a span in that time. Is it wired (UseTelemetry, or the variables of Environment), "
                + "has it an OTLP exporter of traces, and does it take every request that is sampled?";
    }

    /// <summary>Of anything that a request leaves: the innermost span that failed; null where none did.</summary>
    public static string? OfFailed(Snapshot snapshot)
        => snapshot.Spans.LastOrDefault(span => span is { IsError: true, Kind: ActivityKind.Server }) is { } failed
            ? $"{failed.Service}, \"{failed.Name}\": the request failed with {failed.ErrorType ?? "an error"} and may not have come so far" : null;

    /// <summary>Of a call: from the caller's span to the callee's.</summary>
    public static Failure OfCall(RecordedTelemetry left, Snapshot snapshot, IReadOnlyList<RecordedSpan> callers, string service, string name)
    {
        var below = callers.SelectMany(caller => Tree.Below(caller, snapshot.Spans)).ToList();
        var caller = callers[^1];
        var served = below.Where(span => span.Service == service && span.Kind is ActivityKind.Server or ActivityKind.Consumer).ToList();
        var calls = below.Where(span => span.Kind is ActivityKind.Client or ActivityKind.Producer).ToList();
        var failure = new Failure("", "") { Left = Tree.Of(left.Recording, snapshot.Spans) };
        var hop = $"{caller.Service} → {service}";
        if (served.Count > 0)
        {
            var nearest = Model.Nearest.Closest(name, served.Select(span => span.Name))!;
            return failure with
            {
                Found = $"{service} served {string.Join(", ", served.Select(span => $"\"{span.Name}\"").Distinct())}",
                Nearest = served.First(span => span.Name == nearest).ToString(), Hop = $"{hop}: another route was called, or the span has another name",
            };
        }

        if (snapshot.Spans.FirstOrDefault(span => span.Service == service) is { } astray)
        {
            return failure with
            {
                Found = $"{astray} is in the trace, but not below \"{caller.Name}\"", Nearest = astray.ToString(),
                Hop = $"{hop}: its parent is {Parent(astray, snapshot.Spans, left)}",
            };
        }

        if (calls.Count == 0)
        {
            return failure with
            {
                Found = $"no span of {service}, and no client span below \"{caller.Name}\"",
                Hop = $"{hop}: {caller.Service} did not call, or its client is not instrumented and sends no traceparent",
                Look = () => StrayedAsync(left, service, name, hop),
            };
        }

        return failure with
        {
            Found = $"no span of {service}; {caller.Service} sent {string.Join(", ", calls)}",
            Hop = calls.FirstOrDefault(call => call.IsError) is { } failed
                ? $"{hop}: the call failed with {failed.ErrorType ?? failed.StatusMessage}"
                : $"{hop}: the call was answered, but {service} sent no span of it",
            Look = calls.Any(call => call.IsError) ? null : () => StrayedAsync(left, service, name, hop),
        };
    }

    private static async Task<string?> StrayedAsync(RecordedTelemetry left, string service, string name, string hop)
    {
        var elsewhere = await left.Recorder.ElsewhereAsync(left.Recording, service).ConfigureAwait(false);
        var found = elsewhere.FirstOrDefault(span => span.Name == name && span.Kind == ActivityKind.Server)
            ?? elsewhere.FirstOrDefault(span => span.Kind == ActivityKind.Server);
        return found is null ? null : $"{hop}: {Cause(found)}";
    }

    private static string Strayed(string caller, RecordedSpan found) => $"{caller} → {found.Service}: {Cause(found)}";

    private static string Cause(RecordedSpan found)
        => $"\"{found.Name}\" was served at that time in another trace ({found.TraceId}): "
            + (found.ParentId is null ? "no traceparent was sent, or it was not read" : "the traceparent was replaced on the way");

    private static string Parent(RecordedSpan span, IReadOnlyList<RecordedSpan> spans, RecordedTelemetry left)
        => span.ParentId is null ? "none"
            : left.Recording.IsOwn(span.ParentId) ? "the test itself"
            : spans.FirstOrDefault(one => one.Id == span.ParentId) is { } parent ? parent.ToString()
            : $"span {span.ParentId}, which was never sent";
}
