using MicroMonitored.Testing.Recording;

namespace MicroMonitored.Testing.Assertions;

/// <summary>Whether one signal leads to the next.</summary>
public sealed class LinkAssertions
{
    private readonly RecordedTelemetry _left;

    internal LinkAssertions(RecordedTelemetry left) => _left = left;

    /// <summary>
    /// A line leads to a span of the trace by its ids; and, where the services send metrics, an exemplar of a metric leads to the trace.
    /// </summary>
    public void Link()
        => _left.Expect(snapshot =>
        {
            const string expected = "trace, lines and metrics to lead to each other";
            var left = Tree.Of(_left.Recording, snapshot.Spans);
            if (snapshot.Spans.Count == 0)
            {
                return new Failure(expected, "no span of the trace")
                {
                    Left = left, Look = () => Diagnosis.OfMissingAsync(_left, "", null), Hop = "test → service: nothing was sent under this trace id",
                };
            }

            if (snapshot.Lines.Count == 0)
            {
                return new Failure(expected, "no line with the id of the trace")
                {
                    Left = left, Hop = "line → trace: lines are not exported, or bear no trace id",
                    Look = async () => (await _left.Recorder.UntracedAsync(_left.Recording).ConfigureAwait(false)) is [var lost, ..]
                        ? $"{lost.Service} → line: lines of that time bear no trace id, such as: {lost}" : null,
                };
            }

            if (snapshot.Lines.FirstOrDefault(line => !_left.Recording.IsOwn(line.SpanId)
                && snapshot.Spans.All(span => span.Id != line.SpanId)) is { } stray)
            {
                return new Failure(expected, $"a line of span {(stray.SpanId.Length == 0 ? "none" : stray.SpanId)}, which is not in the trace: {stray}")
                {
                    Left = left, Hop = "line → span: the span was not exported, or the line was written under another one",
                };
            }

            return !_left.Recorder.Options.Metrics || snapshot.Exemplars.Count > 0 ? null : new Failure(expected, "no exemplar with the id of the trace")
            {
                Left = left,
                Hop = "metric → trace: exemplars are off (OTEL_METRICS_EXEMPLAR_FILTER, SetExemplarFilter), or nothing was measured within the request",
            };
        });
}
