using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cake.Docker;
using MicroMonitored.Model;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Keeps Grafana's administrator what the settings say; Grafana itself takes a password at its first start only.</summary>
internal sealed class GrafanaAdministrator(BuildContext context, DockerCli docker)
{
    // The password is read where it is mounted: it is on no command line. See https://grafana.com/docs/grafana/latest/cli/#reset-admin-password
    private const string Reset =
        "grafana cli --homepath \"$GF_PATHS_HOME\" admin reset-admin-password --password-from-stdin < \"$GF_SECURITY_ADMIN_PASSWORD__FILE\"";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sets the password of the settings where Grafana's data still has another one.</summary>
    /// <param name="container">Grafana's container.</param>
    /// <exception cref="Cake.Core.CakeException">Grafana's own command failed.</exception>
    /// <exception cref="FaultException">Grafana's data has another administrator.</exception>
    public async Task EnsureAsync(string container, CancellationToken cancellation)
    {
        if (!await IsRefusedAsync(cancellation))
            return;
        docker.Call(
            "setting Grafana's password to grafana.password of the settings",
            "set it back to the one of Grafana's first start, or delete Grafana's data by Teardown --purge",
            new DockerContainerExecSettings(),
            settings => context.DockerExec(settings, container, "/bin/sh", "-c", DockerCli.Quoted(Reset)));
        if (await IsRefusedAsync(cancellation))
            throw new FaultException($"grafana.user {context.Settings.Grafana.User} is not the administrator that Grafana's data was made with; "
                + "set grafana.user back, or delete Grafana's data by Teardown --purge");
        context.Say($"Grafana: the password of {context.Settings.Grafana.User} is now the one of the settings.");
    }

    private async Task<bool> IsRefusedAsync(CancellationToken cancellation)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        using var request = new HttpRequestMessage(HttpMethod.Get, Component.Grafana.Api(context.Settings)!.At("/api/user"));
        var credentials = Encoding.UTF8.GetBytes($"{context.Settings.Grafana.User}:{context.Settings.Grafana.Password}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(credentials));
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return answer.StatusCode == HttpStatusCode.Unauthorized;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
