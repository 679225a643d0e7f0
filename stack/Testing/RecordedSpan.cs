using System.Diagnostics;
using System.Globalization;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Testing;

/// <summary>One span of the recorded trace.</summary>
public sealed record RecordedSpan
{
    internal RecordedSpan(TraceSpan span)
    {
        Stored = span;
        (Service, Name, Id, ParentId, TraceId) = (span.Service, span.Name, span.SpanId, span.ParentId, span.TraceId);
        Kind = span.Kind switch
        {
            Proto.Server => ActivityKind.Server,
            Proto.Client => ActivityKind.Client,
            Proto.Producer => ActivityKind.Producer,
            Proto.Consumer => ActivityKind.Consumer,
            _ => ActivityKind.Internal,
        };
        Start = DateTimeOffset.UnixEpoch.AddTicks(span.StartNs / 100);
        Duration = TimeSpan.FromTicks((span.EndNs - span.StartNs) / 100);
        (IsError, StatusMessage, Attributes) = (span.IsError, span.StatusMessage, span.Attributes);
        Events = [.. span.Events.Select(occurred => new RecordedEvent(occurred.Name, occurred.Attributes))];
    }

    /// <summary>The service that it is of: <c>service.name</c>.</summary>
    public string Service { get; }

    /// <summary>For example <c>POST /orders</c>.</summary>
    public string Name { get; }

    /// <summary>Server, client, producer, consumer or internal.</summary>
    public ActivityKind Kind { get; }

    /// <summary>32 lower-case hex digits.</summary>
    public string TraceId { get; }

    /// <summary>16 lower-case hex digits.</summary>
    public string Id { get; }

    /// <summary>16 lower-case hex digits; null where it has no parent.</summary>
    public string? ParentId { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Whether its status is an error.</summary>
    public bool IsError { get; }

    /// <summary>What its status says; empty where it says nothing.</summary>
    public string StatusMessage { get; }

    /// <summary>Values are <see cref="string"/>, <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</summary>
    public IReadOnlyDictionary<string, object> Attributes { get; }

    /// <summary>What was recorded on it, such as an exception.</summary>
    public IReadOnlyList<RecordedEvent> Events { get; }

    /// <summary>The type of the exception recorded on it, or its <c>error.type</c>; null where it has neither.</summary>
    public string? ErrorType
        => (Events.FirstOrDefault(occurred => occurred.Name == "exception")?.Attributes.GetValueOrDefault("exception.type")
            ?? Attributes.GetValueOrDefault("error.type")) as string;

    internal TraceSpan Stored { get; }

    internal string Text(string key) => Attributes.TryGetValue(key, out var value) ? Text(value) : "";

    internal static string Text(object? value) => value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    /// <summary>As a failure shows it: <c>shop-orders server POST /orders 201</c>.</summary>
    public override string ToString()
    {
        string[] parts =
        [
            Service, Kind.ToString().ToLowerInvariant(), Name, Kind == ActivityKind.Client ? Text("server.address") : "", Text("http.response.status_code"),
            IsError ? $"error {ErrorType}{(StatusMessage.Length > 0 ? $" \"{StatusMessage}\"" : "")}" : "",
        ];
        return string.Join(' ', parts.Where(part => part.Length > 0));
    }
}

/// <summary>Something that was recorded on a span.</summary>
/// <param name="Name">For example <c>exception</c>.</param>
/// <param name="Attributes">Values are <see cref="string"/>, <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</param>
public sealed record RecordedEvent(string Name, IReadOnlyDictionary<string, object> Attributes);
