using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MicroMonitored.Model.Settings;
using MicroMonitored.Verification.Clients;
using MicroMonitored.Verification.Probes;

namespace MicroMonitored.Verification.Checks;

/// <summary>Whether Grafana shows what the stores hold.</summary>
internal static class GrafanaChecks
{
    private const string NoData = "no data";

    // Queries of panels that are asked at the same time; a browser keeps as many connections open or fewer.
    private const int AtOnce = 6;

    private static readonly IReadOnlyList<GrafanaCredentials> WellKnown = [new("admin", "admin")];

    public static Scope Health(VerificationRun run) =>
        run.Plan.Endpoints.Grafana is null ? Scope.Skip("this stack has no Grafana") : Scope.Stack;

    public static Scope Api(VerificationRun run) =>
        Health(run) is { SkipReason: not null } none ? none
        : run.Plan.Grafana is null ? Scope.Skip("this stack has no Grafana to log in to")
        : Scope.Stack;

    public static Scope Dashboards(VerificationRun run) =>
        Health(run) is { SkipReason: not null } none ? none
        : run.Plan.DashboardUids.Count == 0 ? Scope.Skip("no dashboard is shipped")
        : Scope.Stack;

    public static async Task<Outcome> HealthAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var polled = await run.Poll.UntilAsync(token => Client(run).GetJsonAsync("api/health", null, token), health => health.Text("database") == "ok",
            run.ArrivalLimit, cancellation).ConfigureAwait(false);
        return polled.Met
            ? Outcome.Pass($"Grafana {polled.Value.Text("version")} is up")
            : Outcome.Fail(polled.Error ?? "its database is not ok", "verify → grafana",
                "bring Grafana up (--target=Up) and read its log (--target=Logs --component=grafana)");
    }

    public static async Task<Outcome> LoginAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var configured = run.Plan.Grafana!;
        var own = await Client(run).GetAsync("api/user", configured, cancellation).ConfigureAwait(false);
        if (!own.IsSuccess)
            return Outcome.Fail($"the configured user {configured.User} is answered {own.Status}", "grafana → login",
                "set grafana.user and grafana.password in stack.json to what the data volume was created with, or Teardown --purge");
        own.Json("grafana", new Uri(run.Plan.Endpoints.Grafana!, "api/user"), json => json);
        foreach (var known in WellKnown.Where(known => known != configured))
        {
            if ((await Client(run).GetAsync("api/user", known, cancellation).ConfigureAwait(false)).IsSuccess)
                return Outcome.Fail($"the well-known {known.User}/{known.Password} logs in", "grafana → login",
                    "change the administrator's password: it is not the configured one");
        }
        var anonymous = await Client(run).GetAsync("api/org", null, cancellation).ConfigureAwait(false);
        return anonymous.IsSuccess
            ? Outcome.Fail("anyone may read without logging in", "grafana → anonymous access", "switch GF_AUTH_ANONYMOUS_ENABLED off")
            : Outcome.Pass($"{configured.User} logs in; the well-known defaults and anonymous access do not");
    }

    public static async Task<Outcome> DatasourcesAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        Component[] sources = [Component.Prometheus, Component.Loki, Component.Tempo];
        if (run.Plan is { Alerting: true, Endpoints.Alertmanager: not null })
            sources = [.. sources, Component.Alertmanager];
        string[] wanted = [.. sources.Select(component => component.Name)];
        foreach (var uid in wanted)
        {
            var polled = await run.Poll.UntilAsync(
                token => AnswersAsync(run, uid, token), problem => problem is null, run.ArrivalLimit, cancellation).ConfigureAwait(false);
            if (!polled.Met)
                return Outcome.Fail($"datasource {uid}: {polled.Value ?? polled.Error}", $"grafana → {uid}",
                    $"set the url of the datasource {uid} in the provisioning and render again (--target=Up)");
        }
        return Outcome.Pass($"{string.Join(", ", wanted)} are provisioned and answer through Grafana");
    }

    public static async Task<Outcome> DashboardsAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var missing = run.Plan.DashboardUids.ToList();
        var polled = await run.Poll.UntilAsync(
            async token =>
            {
                foreach (var uid in missing.ToList())
                {
                    var path = $"api/dashboards/uid/{uid}";
                    var answer = await Client(run).GetAsync(path, run.Plan.Grafana, token).ConfigureAwait(false);
                    string? Uid() => answer.Json("grafana", new Uri(run.Plan.Endpoints.Grafana!, path), json => json.Member("dashboard").Text("uid"));
                    if (answer.IsSuccess && Uid() == uid)
                        missing.Remove(uid);
                }
                return missing.Count;
            },
            left => left == 0,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        return polled.Met
            ? Outcome.Pass($"{run.Plan.DashboardUids.Count} dashboards are there")
            : Outcome.Fail(polled.Error ?? $"missing: {string.Join(", ", missing)}", "dashboard files → grafana",
                "read Grafana's log for the file it refuses (--target=Logs --component=grafana)");
    }

    public static async Task<Outcome> PanelsAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        await Traffic.OfAsync(run).ConfigureAwait(false);
        if (run.Services.Count == 0)
        {
            // The stack's own panels show what it takes in: without services that is what Verify itself sends.
            await TraceChecks.SentAsync(run, run.Otlp).ConfigureAwait(false);
            if (run.LogProbe is not null)
                await LogLines.WrittenAsync(run).ConfigureAwait(false);
        }

        var queries = new List<(string Dashboard, bool OfServices, PanelQuery Query)>();
        foreach (var uid in run.Plan.DashboardUids)
        {
            var read = await run.Poll.UntilAsync(token => Client(run).GetJsonAsync($"api/dashboards/uid/{uid}", run.Plan.Grafana, token), _ => true,
                TimeSpan.FromSeconds(3), cancellation).ConfigureAwait(false);
            if (!read.Met)
                return Outcome.Blocked($"dashboard {uid} is not there", "grafana.dashboards");
            var dashboard = read.Value.Member("dashboard");
            queries.AddRange(DashboardQueries.Read(dashboard, [.. run.Services.Select(service => service.Name)])
                .Select(query => (dashboard.Text("title") ?? uid, IsOfServices(dashboard), query)));
        }
        if (queries.Count == 0)
            return Outcome.Fail("the dashboards that Grafana answers have no query", "dashboard files → grafana",
                "render the dashboards again (--target=Up), and read Grafana's log for the file it refuses (--target=Logs --component=grafana)");
        var failing = queries.ToList();
        var reasons = new Dictionary<PanelQuery, string>();
        var silent = 0;
        var polled = await run.Poll.UntilAsync(
            async token =>
            {
                foreach (var some in failing.ToArray().Chunk(AtOnce))
                {
                    var answers = await Task.WhenAll(some.Select(item => EmptyAsync(run, item.Query, token))).ConfigureAwait(false);
                    foreach (var (item, reason) in some.Zip(answers))
                    {
                        // Without services there is nothing to choose among and to show; the queries must be sound all the same.
                        var awaits = run.Services.Count == 0 && item.OfServices && reason?.StartsWith(NoData, StringComparison.Ordinal) == true;
                        if (awaits)
                            silent++;
                        if (reason is null || awaits)
                            failing.Remove(item);
                        else
                            reasons[item.Query] = reason;
                    }
                }
                return failing.Count;
            },
            left => left == 0,
            run.MetricLimit + (2 * queries.Max(item => MinimumStep(item.Query))),
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"{queries.Count - silent} queries of {run.Plan.DashboardUids.Count} dashboards return data"
                + $"{(silent > 0 ? $", {silent} await {(run.Services.Count == 0 ? "the first service" : "a metrics generator")}" : "")}");
        if (failing.Count == 0 || reasons.Count == 0)
            return Outcome.Unanswered($"{failing.Count} of {queries.Count} queries had no answer: {polled.Error ?? "the time was up"}", "grafana");
        var named = failing.Take(5)
            .Select(item => $"{item.Dashboard} / {item.Query.Panel} / {item.Query.RefId}: {reasons.GetValueOrDefault(item.Query, "not run")}");
        return Outcome.Fail($"{failing.Count} of {queries.Count} queries: {string.Join("; ", named)}", $"panel {failing[0].Query.Panel}",
            $"correct the query of panel '{failing[0].Query.Panel}' in dashboard '{failing[0].Dashboard}': does its metric or label still exist?");
    }

    /// <summary>Whether a dashboard shows the services that one chooses on it.</summary>
    private static bool IsOfServices(JsonElement dashboard)
        => dashboard.Member("templating").Items("list").Any(variable => variable.Text("name") == "service");

    /// <summary>The time between two scrapes of what the query is about, where it says that it is not the services'.</summary>
    private static TimeSpan MinimumStep(PanelQuery query)
        => PrometheusDuration.TryParse(query.Query["interval"]?.ToString(), out var interval) ? interval.Value : TimeSpan.Zero;

    private static GrafanaClient Client(VerificationRun run) => new(run.Http, run.Plan.Endpoints.Grafana!);

    /// <summary>Null when the datasource is provisioned and its store answers through Grafana.</summary>
    private static async Task<string?> AnswersAsync(VerificationRun run, string uid, CancellationToken cancellation)
    {
        var known = await Client(run).GetAsync($"api/datasources/uid/{uid}", run.Plan.Grafana, cancellation).ConfigureAwait(false);
        if (!known.IsSuccess)
            return $"is not provisioned ({known.Status})";
        if (known.Json("grafana", run.Plan.Endpoints.Grafana!, json => json.Text("uid")) != uid)
            return $"is not what grafana answers: {HttpAnswer.Excerpt(known.Body)}";
        var path = Component.All.Single(component => component.Name == uid).QueryPath;
        var answer = await Client(run).GetAsync($"api/datasources/proxy/uid/{uid}{path}", run.Plan.Grafana, cancellation).ConfigureAwait(false);
        return answer is { IsSuccess: true, IsPage: false } ? null : $"answers {answer.Status} through Grafana: {HttpAnswer.Excerpt(answer.Body)}";
    }

    /// <summary>Null when the query returns data; otherwise what it returns.</summary>
    private static async Task<string?> EmptyAsync(VerificationRun run, PanelQuery query, CancellationToken cancellation)
    {
        var kind = query.Query["queryType"]?.ToString();
        // Grafana's own page runs these two, not its server: ask the store what the panel would ask.
        if (query.DatasourceType == "tempo" && kind is "traceqlSearch" or "traceql" && query.Query["query"]?.ToString() is { Length: > 0 } search)
            return await TempoEmptyAsync(run, search, cancellation).ConfigureAwait(false);
        if (query.DatasourceType == "tempo" && kind is "serviceMap")
            return (await run.Prometheus.QueryAsync("traces_service_graph_request_total", cancellation).ConfigureAwait(false)).Count > 0
                ? null : $"{NoData}: traces_service_graph_request_total";
        var body = new JsonObject
        {
            ["from"] = "now-15m",
            ["to"] = "now",
            ["queries"] = new JsonArray(query.Query.DeepClone()),
        };
        var answer = await Client(run).QueryAsync(Encoding.UTF8.GetBytes(body.ToJsonString()), run.Plan.Grafana, cancellation).ConfigureAwait(false);
        JsonElement json;
        try
        {
            json = answer.Json("grafana", new Uri(run.Plan.Endpoints.Grafana!, "api/ds/query"), read => read);
        }
        catch (SignalException exception)
        {
            return exception.Message;
        }
        if (json.Member("results").Member(query.RefId) is not { ValueKind: JsonValueKind.Object } result)
            return $"answered {answer.Status}: {HttpAnswer.Excerpt(answer.Body)}";
        if (result.Text("error") is { } error)
            return HttpAnswer.Excerpt(error);
        var rows = result.Items("frames").Sum(frame => frame.Member("data").Items("values")
            .Select(column => column.ValueKind == JsonValueKind.Array ? column.GetArrayLength() : 0).DefaultIfEmpty(0).Max());
        return rows > 0 ? null : NoData;
    }

    private static async Task<string?> TempoEmptyAsync(VerificationRun run, string search, CancellationToken cancellation)
    {
        var answer = await Client(run).GetAsync(
            $"api/datasources/proxy/uid/tempo/api/search?limit=5&q={Uri.EscapeDataString(search)}", run.Plan.Grafana, cancellation).ConfigureAwait(false);
        if (!answer.IsSuccess)
            return $"answered {answer.Status}: {HttpAnswer.Excerpt(answer.Body)}";
        return answer.Json("tempo", run.Plan.Endpoints.Tempo, json => json.Items("traces").Any()) ? null : NoData;
    }
}
