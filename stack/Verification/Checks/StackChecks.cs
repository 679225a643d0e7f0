namespace MicroMonitored.Verification.Checks;

/// <summary>Whether the parts are there at all.</summary>
internal static class StackChecks
{
    public static Scope Components(VerificationRun run) =>
        new([.. Ready(run).Select(part => part.Name)], null);

    public static async Task<Outcome> ReadyAsync(VerificationRun run, string? subject, CancellationToken cancellation)
    {
        var (name, address, isService) = Ready(run).First(part => part.Name == subject);
        var polled = await run.Poll.UntilAsync(
            token => run.Http.GetAsync(name, address, token),
            answer => answer.IsSuccess,
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"ready on {address} after {polled.Elapsed.TotalMilliseconds:0} ms");
        var found = polled.Error ?? $"{name} answered {polled.Value?.Status} on {address}";
        return isService
            ? Outcome.Fail(found, $"verify → {name}", $"start the service again (--target=Up) and read its log (--target=Logs --component={name})")
            : Outcome.Fail(found, $"verify → {name}", $"start the stack again (--target=Up) and read what {name} says (--target=Logs --component={name})");
    }

    private static IEnumerable<(string Name, Uri Address, bool IsService)> Ready(VerificationRun run)
    {
        var endpoints = run.Plan.Endpoints;
        yield return ("prometheus", new Uri(endpoints.Prometheus, "/-/ready"), false);
        yield return ("loki", new Uri(endpoints.Loki, "/ready"), false);
        yield return ("tempo", new Uri(endpoints.Tempo, "/ready"), false);
        if (endpoints.Grafana is { } grafana)
            yield return ("grafana", new Uri(grafana, "/api/health"), false);
        if (endpoints.Alertmanager is { } alertmanager)
            yield return ("alertmanager", new Uri(alertmanager, "/-/ready"), false);
        if (endpoints.LogAgent is { } agent)
            yield return ("log-agent", new Uri(agent, "/ready"), false);
        foreach (var service in run.Services)
            yield return (service.Name, new Uri(service.BaseAddress, "/health/ready"), true);
    }
}
