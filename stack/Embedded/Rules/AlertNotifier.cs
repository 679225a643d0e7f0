using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using MicroMonitored.Embedded.Query;
using MicroMonitored.Embedded.Store;
using MicroMonitored.Embedded.Web;

namespace MicroMonitored.Embedded.Rules;

/// <summary>Tells a webhook of alerts in Alertmanager's form: firing ones, again after some hours, and their end.</summary>
/// <remarks>https://prometheus.io/docs/alerting/latest/configuration/#webhook_config; grouped and repeated as the shipped alertmanager.yml has it.</remarks>
internal sealed class AlertNotifier(EmbeddedOptions options, EngineCounters counters, TimeProvider time) : IDisposable
{
    private static readonly string[] GroupedBy = ["alertname", "job"];
    private const long IntervalMs = 10_000;
    private const long RepeatMs = 4 * 60 * 60_000;

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<Labels, Told> _told = [];

    private sealed record Told(long AtMs, HashSet<(Labels Labels, bool IsFiring)> Alerts, bool IsDone);

    /// <summary>Posts what has changed since the last time; what cannot be delivered is tried again.</summary>
    public async Task TellAsync(IReadOnlyList<RuleState> rules, CancellationToken cancellation)
    {
        if (options.Webhook is not { } address)
            return;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var groups = rules.SelectMany(static rule => rule.Alerts).Where(static alert => alert.FiredAtMs is not null)
            .GroupBy(static alert => alert.Labels.Only(GroupedBy)).ToList();
        foreach (var group in groups)
        {
            var alerts = group.Select(static alert => (alert.Labels, alert.IsFiring)).ToHashSet();
            _told.TryGetValue(group.Key, out var told);
            if (told is null && !group.Any(static alert => alert.IsFiring))
                continue;
            var isNew = told is null || !told.Alerts.SetEquals(alerts);
            var isDue = told is null || now - told.AtMs >= (isNew || !told.IsDone ? IntervalMs : RepeatMs);
            if (!isDue || told is { IsDone: true } && !isNew && !group.Any(static alert => alert.IsFiring))
                continue;
            var isDone = await PostAsync(address, AlertMessage.Of(group.Key, [.. group]), cancellation);
            _told[group.Key] = new(now, alerts, isDone);
        }

        foreach (var key in _told.Keys.Except(groups.Select(static group => group.Key)).ToList())
            _told.Remove(key);
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> PostAsync(Uri address, AlertMessage message, CancellationToken cancellation)
    {
        counters.Add("notifications", "webhook");
        try
        {
            using var answer = await _client.PostAsJsonAsync(address, message, AnswerJson.Default.AlertMessage, cancellation);
            if (answer.IsSuccessStatusCode)
                return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
        }

        counters.Add("notifications_failed", "webhook");
        return false;
    }
}

/// <summary>The body of a notification, version 4 of Alertmanager's webhook.</summary>
internal sealed record AlertMessage(
    string Version, string GroupKey, int TruncatedAlerts, string Status, string Receiver, Labels GroupLabels, Labels CommonLabels,
    IReadOnlyDictionary<string, string> CommonAnnotations, string ExternalURL, IReadOnlyList<ToldAlert> Alerts)
{
    public static AlertMessage Of(Labels group, IReadOnlyList<ActiveAlert> alerts) => new(
        "4", $"{{}}:{group}", 0, alerts.Any(static alert => alert.IsFiring) ? "firing" : "resolved", "webhook", group,
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
