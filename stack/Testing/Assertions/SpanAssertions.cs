using System.Diagnostics;
using MicroMonitored.Testing.Recording;

namespace MicroMonitored.Testing.Assertions;

/// <summary>The spans that are meant so far; what is said of none.</summary>
internal sealed record Selection(IReadOnlyList<RecordedSpan> Spans, Func<Failure> Missing);

/// <summary>What a span must be; of several with its name, one that is all of it.</summary>
public sealed class SpanAssertions
{
    private readonly RecordedTelemetry _left;
    private readonly string _spoken;
    private readonly Func<Snapshot, Selection> _select;

    internal SpanAssertions(RecordedTelemetry left, string spoken, Func<Snapshot, Selection> select)
        => (_left, _spoken, _select) = (left, spoken, select);

    /// <summary>Goes on with the whole trace.</summary>
    public TraceAssertions And => new(_left);

    /// <summary>The span itself; the first where several are meant.</summary>
    public RecordedSpan Which => _select(_left.Snapshot).Spans[0];

    /// <summary>Below it, a service served a request; what follows is said of that.</summary>
    /// <param name="service">The service that was called.</param>
    /// <param name="name">Its server span's name: <c>GET /stock</c>.</param>
    public SpanAssertions Calling(string service, string name)
        => Next($"calling {service} \"{name}\"", (snapshot, callers) => new Selection(
            [.. Below(callers, snapshot).Where(span => span.Service == service && span.Name == name)
                .Where(span => span.Kind is ActivityKind.Server or ActivityKind.Consumer)],
            () => Diagnosis.OfCall(_left, snapshot, callers, service, name)));

    /// <summary>Below it is such a span; what follows is said of that.</summary>
    public SpanAssertions Containing(string name)
        => Next($"containing a span \"{name}\"", (snapshot, outer) =>
        {
            var below = Below(outer, snapshot).ToList();
            return new Selection([.. below.Where(span => span.Name == name)], () =>
            {
                var elsewhere = snapshot.Spans.FirstOrDefault(span => span.Name == name);
                var nearest = Model.Nearest.Closest(name, below.Select(span => span.Name));
                return Fail(snapshot, elsewhere is not null ? $"{elsewhere} is in the trace, but not below it"
                    : below.Count == 0 ? "nothing below it" : string.Join(", ", below.Select(span => $"\"{span.Name}\"").Distinct())) with
                {
                    Nearest = nearest is null ? null : below.First(span => span.Name == nearest).ToString(),
                    Hop = $"{outer[0].Service}, within \"{outer[0].Name}\": "
                        + (elsewhere is null ? "the span was not started, or its source is not collected" : "the span was started outside of the request"),
                };
            });
        });

    /// <summary>It has that attribute with that value.</summary>
    public SpanAssertions With(string key, object value)
        => Where($"with {key}={RecordedSpan.Text(value)}", span => span.Text(key) == RecordedSpan.Text(value), span => span.Attributes.ContainsKey(key)
            ? $"{key} is {span.Text(key)}"
            : $"it has no {key}; it has {(span.Attributes.Count == 0 ? "no attributes" : string.Join(", ", span.Attributes.Keys))}"
                + (Model.Nearest.Of(key, span.Attributes.Keys) is { } near ? $"; did you mean {near}?" : ""));

    /// <summary>It has no such attribute.</summary>
    public SpanAssertions Without(string key)
        => Where($"without {key}", span => !span.Attributes.ContainsKey(key), span => $"{key} is {span.Text(key)}");

    /// <summary>Its status is an error, with that exception or <c>error.type</c> where one is named.</summary>
    public SpanAssertions Failing(string? type = null)
        => Where($"failing{(type is null ? "" : $" with {type}")}", span => span.IsError && (type is null || span.ErrorType == type),
            span => span.IsError ? $"it failed with {span.ErrorType ?? "no type"}" : "its status is no error");

    /// <summary>There is exactly one.</summary>
    public SpanAssertions Once() => Times(1);

    /// <summary>There are exactly so many, also after the window.</summary>
    public SpanAssertions Times(int count)
    {
        Failure? Check(Snapshot snapshot)
            => _select(snapshot).Spans.Count is var found && found == count ? null
                : Fail(snapshot, $"{found}") with { Expected = $"{_spoken} {(count == 1 ? "once" : $"{count} times")}", IsFinal = found > count };
        _left.Expect(Check);
        _left.Watch(Check);
        return this;
    }

    internal SpanAssertions Checked()
    {
        _left.Expect(snapshot => _select(snapshot) is { Spans.Count: 0 } none ? none.Missing() with { Expected = _spoken } : null);
        return this;
    }

    internal static string Spoken(ActivityKind? kind) => kind is { } known ? $"{known.ToString().ToLowerInvariant()} span" : "span";

    private static IEnumerable<RecordedSpan> Below(IReadOnlyList<RecordedSpan> spans, Snapshot snapshot)
        => spans.SelectMany(span => Tree.Below(span, snapshot.Spans)).Distinct();

    private SpanAssertions Where(string spoken, Func<RecordedSpan, bool> holds, Func<RecordedSpan, string> instead)
        => Next(spoken, (snapshot, spans) => new Selection(
            [.. spans.Where(holds)], () => Fail(snapshot, string.Join("; ", spans.Select(instead).Distinct())) with { Nearest = spans[0].ToString() }));

    // A step is asked of what the steps before it found: what they do not find any more is their failure.
    private SpanAssertions Next(string spoken, Func<Snapshot, IReadOnlyList<RecordedSpan>, Selection> step)
        => new SpanAssertions(_left, $"{_spoken} {spoken}", snapshot => _select(snapshot) is { Spans.Count: > 0 } before ? step(snapshot, before.Spans)
            : _select(snapshot)).Checked();

    private Failure Fail(Snapshot snapshot, string found) => new(_spoken, found) { Left = Tree.Of(_left.Recording, snapshot.Spans) };
}
