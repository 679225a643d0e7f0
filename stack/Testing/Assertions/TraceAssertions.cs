using System.Diagnostics;
using MicroMonitored.Testing.Recording;

namespace MicroMonitored.Testing.Assertions;

/// <summary>What a trace must hold.</summary>
public sealed class TraceAssertions
{
    private readonly RecordedTelemetry _left;

    internal TraceAssertions(RecordedTelemetry left) => _left = left;

    /// <summary>A request was served.</summary>
    /// <param name="name">The server span's name: <c>POST /orders</c>.</param>
    /// <param name="service">The service that served it; null for any.</param>
    public SpanAssertions HaveServer(string name, string? service = null) => HaveSpan(name, service, ActivityKind.Server);

    /// <summary>There is such a span.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="service">The service that it is of; null for any.</param>
    /// <param name="kind">Its kind; null for any.</param>
    public SpanAssertions HaveSpan(string name, string? service = null, ActivityKind? kind = null)
        => new SpanAssertions(_left, $"{SpanAssertions.Spoken(kind)} \"{name}\"{(service is null ? "" : $" of {service}")}", snapshot =>
        {
            var found = snapshot.Spans.Where(span => span.Name == name && (service is null || span.Service == service) && (kind is null || span.Kind == kind));
            return new Selection([.. found], () => Missing(snapshot, name, service, kind));
        }).Checked();

    /// <summary>There is no such span, and none arrives within the window.</summary>
    public TraceAssertions NotHaveSpan(string name)
    {
        _left.Watch(snapshot => snapshot.Spans.FirstOrDefault(span => span.Name == name) is { } found
            ? Fail($"no span \"{name}\"", found.ToString(), snapshot) : null);
        return this;
    }

    /// <summary>No span has the status error, and none with it arrives within the window.</summary>
    public TraceAssertions NoErrors()
    {
        _left.Watch(snapshot => snapshot.Spans.Where(span => span.IsError).ToList() is [_, ..] wrong
            ? Fail("no errors", $"{string.Join("; ", wrong)}", snapshot) with
            {
                // The innermost is where it began.
                Hop = wrong.Last(span => !Tree.Below(span, snapshot.Spans).Any(below => below.IsError)) is var first
                    ? $"{first.Service}, \"{first.Name}\"{(first.ErrorType is { } type ? $": {type}" : "")}" : null,
            }
            : null);
        return this;
    }

    /// <summary>Every span lies below the test's own, by parents that are there: one request, one tree.</summary>
    public TraceAssertions BeConnected()
    {
        _left.Expect(snapshot =>
        {
            var ids = snapshot.Spans.Select(span => span.Id).Concat(_left.Recording.Own.Keys).ToHashSet(StringComparer.Ordinal);
            if (snapshot.Spans.Count == 0)
                return Fail("one tree of spans", "no span at all", snapshot);
            return snapshot.Spans.FirstOrDefault(span => span.ParentId is null || !ids.Contains(span.ParentId)) is not { } lost ? null
                : Fail("one tree of spans", lost + (lost.ParentId is null ? " without a parent" : $" below span {lost.ParentId}, which is not there"), snapshot)
                    with { Hop = $"whoever calls {lost.Service} → {lost.Service}: the parent was never exported, or the traceparent is of another span" };
        });
        return this;
    }

    /// <summary>The action left no span, and none arrives within the window.</summary>
    public void BeEmpty()
        => _left.Watch(snapshot => snapshot.Spans.Count == 0 ? null : Fail("no span", $"{snapshot.Spans.Count}", snapshot));

    /// <summary>A text, such as a secret, is in no name, attribute, status or event of a span, and none with it arrives within the window.</summary>
    public TraceAssertions NotContain(string text)
    {
        _left.Watch(snapshot => snapshot.Spans.SelectMany(Texts).FirstOrDefault(one => one.Text.Contains(text, StringComparison.Ordinal))
            is { Text: not null } found
            ? Fail($"\"{text}\" nowhere in the trace", $"{found.Where} of {found.Span.Service} \"{found.Span.Name}\" is \"{found.Text}\"", snapshot) : null);
        return this;
    }

    private static IEnumerable<(RecordedSpan Span, string Where, string Text)> Texts(RecordedSpan span)
        => new[] { (span, "the name", span.Name), (span, "the status", span.StatusMessage) }
            .Concat(span.Attributes.Select(attribute => (span, $"attribute {attribute.Key}", RecordedSpan.Text(attribute.Value))))
            .Concat(span.Events.SelectMany(occurred => occurred.Attributes)
                .Select(attribute => (span, $"event attribute {attribute.Key}", RecordedSpan.Text(attribute.Value))));

    private Failure Fail(string expected, string found, Snapshot snapshot)
        => new(expected, found) { Left = Tree.Of(_left.Recording, snapshot.Spans), IsFinal = snapshot.Spans.Count > 0 && found != "no span at all" };

    private Failure Missing(Snapshot snapshot, string name, string? service, ActivityKind? kind)
    {
        var alike = snapshot.Spans.Where(span => kind is null || span.Kind == kind).Where(span => service is null || span.Service == service).ToList();
        if (alike.Count == 0)
            alike = [.. snapshot.Spans.Where(span => span.Name == name)];
        var nearest = Model.Nearest.Closest(name, alike.Select(span => span.Name));
        var found = snapshot.Spans.Count == 0 ? "no span at all"
            : alike.Count == 0 ? $"no {SpanAssertions.Spoken(kind)}{(service is null ? "" : $" of {service}")}"
            : string.Join(", ", alike.Select(span => $"{span.Service} \"{span.Name}\"" + (kind is null || span.Kind == kind ? "" : $" of kind {span.Kind}"))
                .Distinct());
        return new Failure("", found)
        {
            Nearest = nearest is null ? null : alike.First(span => span.Name == nearest).ToString(),
            Hop = snapshot.Spans.Count == 0 ? null : service is not null && snapshot.Spans.All(span => span.Service != service)
                ? $"… → {service}: no span of it is in this trace" : null,
            Look = snapshot.Spans.Count > 0 && alike.Count > 0 ? null : async () => await Diagnosis.OfMissingAsync(_left, name, service).ConfigureAwait(false),
            Left = Tree.Of(_left.Recording, snapshot.Spans),
        };
    }
}
