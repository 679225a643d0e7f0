using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Embedded.Rules;

/// <summary>Tells webhooks of alerts in Alertmanager's form: firing ones, again after some hours, and their end.</summary>
/// <remarks>
/// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config; routed, grouped and repeated as the shipped alertmanager.yml has it.
/// </remarks>
internal sealed class AlertNotifier(EmbeddedOptions options, EngineCounters counters, TimeProvider time) : IDisposable
{
    // What is under way when the engine stops has this long.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource _ending = new();
    private readonly Route[] _routes =
    [
        new("webhook", static name => name != VerifyAlert.Name, () => options.Webhook, ["alertname", "job"], 10_000),
        new(VerifyAlert.Receiver, static name => name == VerifyAlert.Name, () => UrlIn(options.VerifyUrl), [VerifyAlert.RunLabel], 1000),
    ];

    /// <summary>Posts what has changed since the last time, without waiting; what cannot be delivered is tried again.</summary>
    public void Tell(IReadOnlyList<RuleState> rules)
    {
        foreach (var route in _routes)
        {
            // A receiver that is slow holds neither a rule nor another receiver.
            if (route.UnderWay.IsCompleted)
                route.UnderWay = TellAsync(route, [.. rules.Where(rule => route.Takes(rule.Rule.Name))]);
        }
    }

    /// <summary>Waits for what is under way.</summary>
    public Task EndAsync()
    {
        _ending.CancelAfter(Grace);
        return Task.WhenAll(_routes.Select(static route => route.UnderWay));
    }

    public void Dispose()
    {
        _client.Dispose();
        _ending.Dispose();
    }

    private static Uri? UrlIn(string? file)
    {
        try
        {
            return file is not null && Uri.TryCreate(File.ReadAllText(file).Trim(), UriKind.Absolute, out var url) ? url : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private async Task TellAsync(Route route, IReadOnlyList<RuleState> rules)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var groups = rules.SelectMany(static rule => rule.Alerts).Where(static alert => alert.FiredAtMs is not null)
            .GroupBy(alert => alert.Labels.Only(route.GroupedBy)).ToList();
        foreach (var group in groups)
        {
            if (route.IsDue(group.Key, [.. group], now) && route.Address() is { } address)
            {
                var isDone = await PostAsync(address, AlertMessage.Of(route.Receiver, group.Key, [.. group]));
                route.Told[group.Key] = new(now, Route.States(group), isDone);
            }
        }

        foreach (var key in route.Told.Keys.Except(groups.Select(static group => group.Key)).ToList())
            route.Told.Remove(key);
    }

    private async Task<bool> PostAsync(Uri address, AlertMessage message)
    {
        counters.Add("notifications", "webhook");
        try
        {
            // With its length, as Alertmanager sends it.
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(message, AnswerJson.Default.AlertMessage));
            content.Headers.ContentType = new("application/json");
            using var answer = await _client.PostAsync(address, content, _ending.Token);
            if (answer.IsSuccessStatusCode)
                return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
        }

        counters.Add("notifications_failed", "webhook");
        return false;
    }

    private sealed record Notification(long AtMs, HashSet<(Labels Labels, bool IsFiring)> Alerts, bool IsDone);

    private sealed record Route(string Receiver, Func<string, bool> Takes, Func<Uri?> Address, string[] GroupedBy, long IntervalMs)
    {
        private const long RepeatMs = 4 * 60 * 60_000;

        public Task UnderWay { get; set; } = Task.CompletedTask;

        public Dictionary<Labels, Notification> Told { get; } = [];

        public static HashSet<(Labels Labels, bool IsFiring)> States(IEnumerable<ActiveAlert> alerts) =>
            alerts.Select(static alert => (alert.Labels, alert.IsFiring)).ToHashSet();

        public bool IsDue(Labels group, IReadOnlyList<ActiveAlert> alerts, long now)
        {
            var isFiring = alerts.Any(static alert => alert.IsFiring);
            if (!Told.TryGetValue(group, out var told))
                return isFiring;
            var isNew = !told.Alerts.SetEquals(States(alerts));
            return now - told.AtMs >= (isNew || !told.IsDone ? IntervalMs : RepeatMs) && (isNew || isFiring || !told.IsDone);
        }
    }
}

/// <summary>The body of a notification, version 4 of Alertmanager's webhook.</summary>
internal sealed record AlertMessage(
    string Version, string GroupKey, int TruncatedAlerts, string Status, string Receiver, Labels GroupLabels, Labels CommonLabels,
    IReadOnlyDictionary<string, string> CommonAnnotations, string ExternalURL, IReadOnlyList<ToldAlert> Alerts)
{
    public static AlertMessage Of(string receiver, Labels group, IReadOnlyList<ActiveAlert> alerts) => new(
        "4", $"{{}}:{group}", 0, alerts.Any(static alert => alert.IsFiring) ? "firing" : "resolved", receiver, group,
        Labels.From(Common(alerts.Select(static alert => alert.Labels.Pairs.ToArray().AsEnumerable()))),
        new Dictionary<string, string>(Common(alerts.Select(static alert => alert.Annotations.AsEnumerable()))), "",
        [.. alerts.Select(static alert => new ToldAlert(
            alert.IsFiring ? "firing" : "resolved", alert.Labels, alert.Annotations, RuleGroups.Moment(alert.FiredAtMs ?? alert.ActiveAtMs),
            RuleGroups.Moment(alert.ResolvedAtMs ?? 0), "", Fingerprint(alert.Labels)))]);

    // Stable, so that a receiver knows an alert again.
    private static string Fingerprint(Labels labels) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(labels.ToString())))[..16];

    private static IEnumerable<KeyValuePair<string, string>> Common(IEnumerable<IEnumerable<KeyValuePair<string, string>>> all) =>
        all.Aggregate(static (common, one) => common.Intersect(one));
}

internal sealed record ToldAlert(
    string Status, Labels Labels, IReadOnlyDictionary<string, string> Annotations, DateTime StartsAt, DateTime EndsAt, string GeneratorURL, string Fingerprint);
