using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MicroMonitored.Model.Components;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace MicroMonitored.Verification.Tests;

/// <summary>What the embedded engine does not have, in front of it: Grafana, rules and the service graph, with one thing of them broken.</summary>
internal sealed class MissingParts : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _engine = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private int _edges;

    private MissingParts(WebApplication app) => _app = app;

    /// <summary>What is broken; empty when nothing is.</summary>
    public string Fault { get; set; } = "";

    public static async Task<MissingParts> StartAsync(Uri prometheus)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, RealEngine.FreePorts(1)[0]));
        var parts = new MissingParts(builder.Build());
        parts._app.Run(context => parts.AnswerAsync(context, prometheus));
        await parts._app.StartAsync();
        return parts;
    }

    /// <summary>The plan of the engine behind, with these parts.</summary>
    public VerificationPlan Plan(VerificationPlan behind)
    {
        var here = new Uri(_app.Urls.Single());
        return behind with
        {
            Capabilities = behind.Capabilities | Capabilities.Dashboards | Capabilities.Rules | Capabilities.MetricsGenerator,
            Endpoints = behind.Endpoints with { Prometheus = here, Grafana = here },
            Grafana = new GrafanaCredentials("admin", "secret"),
            DashboardUids = ["services"],
            Alerting = true,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _engine.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, Uri prometheus)
    {
        var path = context.Request.Path.Value!;
        using var buffer = new MemoryStream();
        if (path == "/api/ds/query")
            await context.Request.Body.CopyToAsync(buffer);
        var query = (string?)context.Request.Query["query"] ?? "";
        var (status, text) = path switch
        {
            "/api/v1/rules" => (200, Rules()),
            "/api/v1/query" when query.Contains("traces_service_graph_request_total", StringComparison.Ordinal) => (200, Edges()),
            _ when path.StartsWith("/api/v1/", StringComparison.Ordinal) || path == "/-/ready" => (0, ""),
            _ => Grafana(context, path, buffer.ToArray()),
        };
        if (status == 0)
        {
            await context.RequestServices.GetRequiredService<IHttpForwarder>().SendAsync(context, prometheus.ToString(), _engine);
            return;
        }

        context.Response.StatusCode = status;
        await context.Response.WriteAsync(text);
    }

    private string Rules()
    {
        var health = Fault == "rule-broken" ? """ "err","lastError":"unknown function" """ : "\"ok\"";
        var groups = Fault == "rules-missing" ? "" : $$""" {"name":"services","rules":[{"name":"ServiceDown","health":{{health}} }]} """;
        return $$"""{"status":"success","data":{"groups":[{{groups}}]} }""";
    }

    private string Edges()
    {
        var sample = Fault == "service-graph-off" ? "" : $$""" {"metric":{},"value":[1.5,"{{Interlocked.Increment(ref _edges)}}"]} """;
        return $$"""{"status":"success","data":{"resultType":"vector","result":[{{sample}}]} }""";
    }

    private (int, string) Grafana(HttpContext context, string path, byte[] body)
    {
        var basic = ((string?)context.Request.Headers.Authorization) is { } header ? Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])) : null;
        var known = (basic == "admin:secret" && Fault != "grafana-wrong-password") || (basic == "admin:admin" && Fault == "grafana-default-password")
            || (basic is null && Fault == "grafana-anonymous");
        return path switch
        {
            "/api/health" => (200, Fault == "grafana-unhealthy" ? """{"database":"failing"}""" : """{"database":"ok","version":"13.2.1"}"""),
            "/api/user" or "/api/org" => (known ? 200 : 401, "{}"),
            "/api/dashboards/uid/services" when Fault != "dashboard-missing" => (200, """
                {"dashboard":{"title":"Services","uid":"services",
                  "templating":{"list":[{"name":"service","type":"query","includeAll":true,"current":{"value":"$__all"}}]},
                  "panels":[
                    {"type":"row","title":"Row","panels":[{"title":"Rate","datasource":{"uid":"prometheus","type":"prometheus"},
                      "targets":[{"refId":"A","expr":"sum(rate(http_server_request_duration_seconds_count{job=~\"$service\"}[$__rate_interval]))"}]}]},
                    {"title":"Logs","datasource":{"uid":"loki","type":"loki"},"targets":[{"refId":"A","expr":"{service_name=~\"${service:regex}\"}"}]}]}}
                """),
            "/api/ds/query" => Panel(JsonNode.Parse(body)!["queries"]![0]!),
            _ when path.StartsWith("/api/datasources/", StringComparison.Ordinal) => (
                Fault == "datasource-wrong" && path.Contains("/proxy/uid/loki", StringComparison.Ordinal) ? 502 : 200,
                $$"""{"uid":"{{path.Split('/')[4]}}"}"""),
            _ => (404, "{}"),
        };
    }

    private (int, string) Panel(JsonNode query)
    {
        var (expression, refId, source) = ((string)query["expr"]!, (string)query["refId"]!, (string)query["datasource"]!["uid"]!);
        if (expression.Contains("$service", StringComparison.Ordinal) || expression.Contains("${", StringComparison.Ordinal))
            return (400, Result(refId, new JsonObject { ["error"] = "a variable was left in" }));
        if (Fault == "panel-misspelt" && source == "loki")
            return (400, Result(refId, new JsonObject { ["error"] = "parse error at line 1" }));
        var values = Fault == "panel-empty" && source == "prometheus" ? "[[],[]]" : "[[1],[2]]";
        var data = new JsonObject { ["values"] = JsonNode.Parse(values) };
        return (200, Result(refId, new JsonObject { ["frames"] = new JsonArray(new JsonObject { ["data"] = data }) }));
    }

    private static string Result(string refId, JsonObject result) => new JsonObject { ["results"] = new JsonObject { [refId] = result } }.ToJsonString();
}
