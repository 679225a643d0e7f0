using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace MicroMonitored.Verification.Tests;

/// <content>The answers of Grafana.</content>
internal sealed partial class StackDouble
{
    private (int, string) Grafana(HttpContext context, string path, byte[] body)
    {
        var basic = ((string?)context.Request.Headers.Authorization) is { } header ? Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])) : null;
        if (path == "/api/health")
            return (200, _fault == Fault.GrafanaUnhealthy ? """{"database":"failing"}""" : """{"database":"ok","version":"13.2.1"}""");
        if (path == "/logs" || path.StartsWith("/trace/", StringComparison.Ordinal))
            return (200, "<html></html>");
        var known = (basic == "admin:secret" && _fault != Fault.GrafanaWrongPassword) || (basic == "admin:admin" && _fault == Fault.GrafanaDefaultPassword)
            || (basic is null && _fault == Fault.GrafanaAnonymous);
        if (path is "/api/user" or "/api/org")
            return (known ? 200 : 401, "{}");
        if (path.StartsWith("/api/datasources/", StringComparison.Ordinal))
            return (_fault == Fault.DatasourceWrong && path.Contains("/proxy/uid/loki", StringComparison.Ordinal) ? 502 : 200,
                $"{{\"uid\":\"{path.Split('/')[4]}\"}}");
        if (path == "/api/dashboards/uid/services")
        {
            return _fault == Fault.DashboardMissing
                ? (404, "{}")
                : (200, """
                    {"dashboard":{"title":"Services","uid":"services",
                      "templating":{"list":[{"name":"service","type":"query","includeAll":true,"current":{"value":"$__all"}}]},
                      "panels":[
                        {"type":"row","title":"Row","panels":[{"title":"Rate","datasource":{"uid":"prometheus","type":"prometheus"},
                          "targets":[{"refId":"A","expr":"sum(rate(http_server_request_duration_seconds_count{job=~\"$service\"}[$__rate_interval]))"}]}]},
                        {"title":"Logs","datasource":{"uid":"loki","type":"loki"},"targets":[{"refId":"A","expr":"{service_name=~\"${service:regex}\"}"}]}]}}
                    """);
        }
        if (path == "/api/ds/query")
        {
            var query = JsonNode.Parse(body)!["queries"]![0]!;
            var expression = query["expr"]!.GetValue<string>();
            var refId = query["refId"]!.GetValue<string>();
            if (expression.Contains("$service", StringComparison.Ordinal) || expression.Contains("${", StringComparison.Ordinal))
                return (400, Result(refId, new JsonObject { ["error"] = "a variable was left in" }));
            if (_fault == Fault.PanelMisspelt && query["datasource"]!["uid"]!.GetValue<string>() == "loki")
                return (400, Result(refId, new JsonObject { ["error"] = "parse error at line 1" }));
            var values = _fault == Fault.PanelEmpty && query["datasource"]!["uid"]!.GetValue<string>() == "prometheus" ? "[[],[]]" : "[[1],[2]]";
            return (200, Result(refId, new JsonObject { ["frames"] = new JsonArray(
                new JsonObject { ["data"] = new JsonObject { ["values"] = JsonNode.Parse(values) } }) }));
        }
        return (404, "{}");
    }

    private static string Result(string refId, JsonObject result) => new JsonObject { ["results"] = new JsonObject { [refId] = result } }.ToJsonString();
}
