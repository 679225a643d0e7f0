using System.Text.Json.Nodes;
using Google.Protobuf;
using MicroMonitored.Embedded.Store;
using OpenTelemetry.Proto.Trace.V1;

namespace Embedded.Tests.Query;

/// <summary>Answers recorded from the real components.</summary>
internal static class Fixture
{
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "Fixtures", "real", name);

    public static JsonNode Json(string name) => JsonNode.Parse(File.ReadAllText(Path(name)))!;

    /// <summary>The spans of a recorded <c>/api/v2/traces</c> answer as the engine stores them.</summary>
    public static List<StoredSpan> Spans(string name)
    {
        var parser = new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));
        var data = parser.Parse<TracesData>(Json(name)["trace"]!.ToJsonString());
        return
        [
            .. from resource in data.ResourceSpans
               from scope in resource.ScopeSpans
               from span in scope.Spans
               select new StoredSpan(
                   span.TraceId.ToByteArray(), span.SpanId.ToByteArray(), span.ParentSpanId.Length == 0 ? null : span.ParentSpanId.ToByteArray(),
                   resource.Resource.Attributes.First(static a => a.Key == "service.name").Value.StringValue, span.Name, (int)span.Kind,
                   (long)span.StartTimeUnixNano, (long)span.EndTimeUnixNano, span.ToByteArray(), resource.Resource.ToByteArray(), scope.Scope.ToByteArray()),
        ];
    }

    /// <summary>
    /// The paths of a document with their kinds. Elements of arrays count as one, and so do the members of the named maps,
    /// whose keys are data.
    /// </summary>
    public static SortedSet<string> Shape(JsonNode? node, params string[] maps)
    {
        var paths = new SortedSet<string>(StringComparer.Ordinal);
        Walk(node, "$");
        return paths;

        void Walk(JsonNode? current, string path)
        {
            switch (current)
            {
                case JsonObject members:
                    paths.Add(path + " object");
                    foreach (var (name, value) in members)
                        Walk(value, maps.Any(m => path.EndsWith("." + m, StringComparison.Ordinal)) ? path + ".*" : $"{path}.{name}");
                    break;
                case JsonArray items:
                    paths.Add(path + " array");
                    foreach (var item in items)
                        Walk(item, path + "[]");
                    break;
                default:
                    paths.Add($"{path} {current?.GetValueKind().ToString() ?? "Null"}");
                    break;
            }
        }
    }
}
