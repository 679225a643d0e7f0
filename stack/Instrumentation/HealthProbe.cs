namespace MicroMonitored.Instrumentation;

/// <summary>The container's health check: the service asks itself, so that the image needs no shell and no curl.</summary>
public static class HealthProbe
{
    /// <summary>The argument that turns the executable into its own health check.</summary>
    public const string Argument = "--health";

    /// <summary>Asks the running service of this machine whether it is ready.</summary>
    /// <returns>The exit code: 0 when ready, 1 when not.</returns>
    public static async Task<int> RunAsync()
    {
        var address = Address(
            Environment.GetEnvironmentVariable("ASPNETCORE_URLS"),
            Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS"),
            Environment.GetEnvironmentVariable("Monitoring__Port"));
        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
            using var answer = await client.GetAsync(new Uri(address, ObservationEndpoints.Ready)).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return 0;
            await Console.Error.WriteLineAsync($"{address} is not ready: {(int)answer.StatusCode}").ConfigureAwait(false);
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {unreachable.Message}").ConfigureAwait(false);
        }

        return 1;
    }

    internal static Uri Address(string? urls, string? ports, string? managementPort = null)
    {
        var http = urls?.Split(';').FirstOrDefault(static url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase));
        if (managementPort is { Length: > 0 } || http is null)
            return new Uri($"http://127.0.0.1:{(managementPort is { Length: > 0 } ? managementPort : ports?.Split(';')[0] ?? "8080")}/");

        return new Uri(http.Replace("://+", "://127.0.0.1", StringComparison.Ordinal)
            .Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal)
            .Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal));
    }
}
