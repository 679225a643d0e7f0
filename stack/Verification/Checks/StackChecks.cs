using MicroMonitored.Verification.Clients;

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
            answer => answer is { IsSuccess: true, IsPage: false },
            run.ArrivalLimit,
            cancellation).ConfigureAwait(false);
        if (polled.Met)
            return Outcome.Pass($"ready on {address} after {polled.Elapsed.TotalMilliseconds:0} ms");
        var found = polled.Error ?? $"{name} answered {polled.Value?.Status} on {address}: {HttpAnswer.Excerpt(polled.Value?.Body ?? "")}";
        return isService
            ? Outcome.Fail(found, $"verify → {name}", $"start the service again (--target=Up) and read its log (--target=Logs --component={name})")
            : Outcome.Fail(found, $"verify → {name}", $"start the stack again (--target=Up) and read what {name} says (--target=Logs --component={name})");
    }

    private static IEnumerable<(string Name, Uri Address, bool IsService)> Ready(VerificationRun run)
    {
        foreach (var (component, address) in run.Plan.Endpoints.Components)
            yield return (component.Name, new Endpoint(address).At(run.Plan.IsExternal ? component.QueryPath : component.ReadyPath), false);
        foreach (var service in run.Services)
            yield return (service.Name, new Uri(service.BaseAddress, "/health/ready"), true);
    }
}
