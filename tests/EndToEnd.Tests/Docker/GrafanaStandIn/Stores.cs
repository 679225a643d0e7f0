using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace GrafanaStandIn;

/// <summary>The body of <c>/api/ds/query</c>; the time range is always the last quarter of an hour.</summary>
internal sealed record PanelRequest(JsonArray Queries);

/// <summary>The stores behind the datasources.</summary>
internal sealed partial class Stores(Provisioning provisioning, HttpClient http)
{
    private const int RangeSeconds = 900;
    private const int StepSeconds = 15;

    public async Task<IResult> ForwardAsync(string uid, string pathAndQuery, CancellationToken cancellation)
    {
        if (!provisioning.Datasources.TryGetValue(uid, out var source))
            return Results.NotFound(new { message = "Data source not found" });
        try
        {
            using var answer = await http.GetAsync(new Uri($"{source.Url.TrimEnd('/')}/{pathAndQuery}"), cancellation);
            var body = await answer.Content.ReadAsStringAsync(cancellation);
            return Results.Text(body, answer.Content.Headers.ContentType?.MediaType ?? "text/plain", statusCode: (int)answer.StatusCode);
        }
        catch (HttpRequestException exception)
        {
            return Results.Text(exception.Message, statusCode: StatusCodes.Status502BadGateway);
        }
    }

    public async Task<IResult> QueryAsync(PanelRequest request, CancellationToken cancellation)
    {
        var results = new JsonObject();
        foreach (var query in request.Queries.OfType<JsonObject>())
            results[(string?)query["refId"] ?? "A"] = await AnswerAsync(query, cancellation);
        return Results.Json(new JsonObject { ["results"] = results });
    }

    private async Task<JsonObject> AnswerAsync(JsonObject query, CancellationToken cancellation)
    {
        var uid = (string?)query["datasource"]?["uid"] ?? "";
        if (!provisioning.Datasources.TryGetValue(uid, out var source))
            return Error($"data source {uid} not found");
        var prefix = source.Type switch { "prometheus" => "/api/v1", "loki" => "/loki/api/v1", _ => null };
        if (prefix is null)
            return Error($"the stand-in runs no query of a {source.Type} data source");

        var expression = Interval().Replace((string?)query["expr"] ?? "",
            match => match.Value.Contains("range", StringComparison.Ordinal) && !match.Value.Contains("rate", StringComparison.Ordinal) ? "15m" : "1m");
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var instant = (bool?)query["instant"] == true || (string?)query["queryType"] == "instant";
        var parameters = instant
            ? $"query?query={Uri.EscapeDataString(expression)}&time={now}"
            : string.Create(CultureInfo.InvariantCulture,
                $"query_range?query={Uri.EscapeDataString(expression)}&start={now - RangeSeconds}&end={now}&step={StepSeconds}");
        try
        {
            using var answer = await http.GetAsync(new Uri(source.Url.TrimEnd('/') + prefix + "/" + parameters), cancellation);
            var body = await answer.Content.ReadAsStringAsync(cancellation);
            return answer.IsSuccessStatusCode ? Frames(JsonNode.Parse(body)!["data"]!) : Error(body);
        }
        catch (HttpRequestException exception)
        {
            return Error(exception.Message);
        }
    }

    private static JsonObject Frames(JsonNode data)
    {
        IEnumerable<JsonNode> series = (string?)data["resultType"] is "scalar" or "string"
            ? [new JsonObject { ["value"] = data["result"]!.DeepClone() }]
            : data["result"]!.AsArray().Select(item => item!);
        return new JsonObject { ["status"] = 200, ["frames"] = new JsonArray([.. series.Select(Frame)]) };
    }

    private static JsonNode Frame(JsonNode series)
    {
        var points = (series["values"] as JsonArray)?.Select(point => point!.AsArray()) ?? [series["value"]!.AsArray()];
        var columns = points.Select(point => (Time: point[0]!.DeepClone(), Value: point[1]!.DeepClone())).ToList();
        return new JsonObject
        {
            ["schema"] = new JsonObject { ["labels"] = (series["metric"] ?? series["stream"])?.DeepClone() },
            ["data"] = new JsonObject
            {
                ["values"] = new JsonArray(
                    new JsonArray([.. columns.Select(column => column.Time)]), new JsonArray([.. columns.Select(column => column.Value)])),
            },
        };
    }

    private static JsonObject Error(string message) => new() { ["error"] = message, ["status"] = 400 };

    [GeneratedRegex(@"\$__(rate_interval|interval|range|auto)\b|\$\{__(rate_interval|interval|range|auto)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Interval();
}
