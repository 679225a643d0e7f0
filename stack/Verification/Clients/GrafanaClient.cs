using System.Text;
using System.Text.Json;

namespace MicroMonitored.Verification.Clients;

/// <summary>The parts of Grafana's HTTP API that Verify asks, as one user.</summary>
internal sealed class GrafanaClient(SignalHttp http, Uri address)
{
    private const string Component = "grafana";

    public Uri Address { get; } = address;

    public Task<HttpAnswer> GetAsync(string path, GrafanaCredentials? credentials, CancellationToken cancellation) =>
        credentials is null
            ? http.GetAsync(Component, new Uri(Address, path), cancellation)
            : http.GetAsync(Component, new Uri(Address, path), cancellation, Authorization(credentials));

    /// <exception cref="SignalException">Anything but 2xx with JSON.</exception>
    public async Task<JsonElement> GetJsonAsync(string path, GrafanaCredentials? credentials, CancellationToken cancellation)
    {
        var answer = await GetAsync(path, credentials, cancellation).ConfigureAwait(false);
        return answer.IsSuccess
            ? answer.Json(Component, new Uri(Address, path), json => json)
            : throw new SignalException($"{Component} answered {answer.Status} on {new Uri(Address, path)}: {HttpAnswer.Excerpt(answer.Body)}", answer.Status);
    }

    /// <summary>Runs queries as a panel does; the answer also carries the errors of single queries.</summary>
    public Task<HttpAnswer> QueryAsync(byte[] body, GrafanaCredentials? credentials, CancellationToken cancellation) =>
        credentials is null
            ? http.PostAsync(Component, new Uri(Address, "api/ds/query"), body, "application/json", cancellation)
            : http.PostAsync(Component, new Uri(Address, "api/ds/query"), body, "application/json", cancellation, Authorization(credentials));

    private static (string, string) Authorization(GrafanaCredentials credentials) =>
        ("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}"))}");
}
