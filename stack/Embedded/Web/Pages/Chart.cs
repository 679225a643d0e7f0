using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MicroMonitored.Embedded.Query.PromQL;

namespace MicroMonitored.Embedded.Web.Pages;

/// <summary>One point: milliseconds since the Unix epoch and a value.</summary>
[JsonConverter(typeof(ChartPointConverter))]
internal readonly record struct ChartPoint(long TimeMs, double Value);

/// <summary>One line, row of bars or stat.</summary>
/// <param name="Name">As the legend has it.</param>
internal sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points)
{
    public int Colour { get; init; } = Show.Colour(Name);

    [JsonIgnore]
    public double Last => Points.Count > 0 ? Points[^1].Value : double.NaN;

    [JsonIgnore]
    public double Least => Points.Count > 0 ? Points.Min(static p => p.Value) : double.NaN;

    [JsonIgnore]
    public double Most => Points.Count > 0 ? Points.Max(static p => p.Value) : double.NaN;

    [JsonIgnore]
    public double Mean => Points.Count > 0 ? Points.Average(static p => p.Value) : double.NaN;

    /// <summary>Of a query's answer; what is not a number is left out.</summary>
    public static ChartSeries Of(string name, PromSeries series) =>
        new(name, [.. series.Points.Where(static p => !double.IsNaN(p.Value)).Select(static p => new ChartPoint(p.TimestampMs, p.Value))]);

    /// <summary>The column of a legend that is called so.</summary>
    public double Calculated(string name) => name switch
    {
        "last" => Last,
        "min" => Least,
        "max" => Most,
        "mean" => Mean,
        _ => Points.Sum(static p => p.Value),
    };

    /// <summary>A name's own colour as long as none before it has it; else the next that is free.</summary>
    public static IReadOnlyList<ChartSeries> Told(IEnumerable<ChartSeries> series)
    {
        var taken = new HashSet<int>();
        return [.. series.Select(one =>
        {
            var colour = one.Colour;
            for (var tries = 0; colour < Show.Colours && taken.Contains(colour) && tries < Show.Colours; tries++)
                colour = (colour + 1) % Show.Colours;
            taken.Add(colour);
            return one with { Colour = colour };
        })];
    }
}

/// <summary>A value from which on another colour holds.</summary>
internal sealed record ChartThreshold(double Value, int Colour);

/// <summary>A dot that leads to a trace.</summary>
internal sealed record ChartExemplar(long TimeMs, double Value, string Trace);

/// <summary>An arrow between two services.</summary>
internal sealed record ChartEdge(string From, string To, string Label, bool Failing, string Link);

/// <summary>What a chart draws; its script finds it beside the markup that says the same without scripts.</summary>
/// <param name="Kind"><c>time</c>, <c>bars</c>, <c>heat</c>, <c>gauge</c> or <c>graph</c>.</param>
/// <param name="Unit">As Grafana names it.</param>
internal sealed record Chart(string Kind, string Title, string? Unit, long FromMs, long ToMs, IReadOnlyList<ChartSeries> Series)
{
    public static readonly IReadOnlyList<string> FullLegend = ["name", "last", "min", "mean", "max"];

    /// <summary>The columns of the legend, the name first; none for no legend.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Legend { get; init; } = FullLegend;

    public bool Stacked { get; init; }

    public bool Logarithmic { get; init; }

    public long StepMs { get; init; }

    public double? Min { get; init; }

    public double? Max { get; init; }

    public IReadOnlyList<ChartThreshold> Thresholds { get; init; } = [];

    public IReadOnlyList<ChartExemplar> Exemplars { get; init; } = [];

    public IReadOnlyList<ChartEdge> Edges { get; init; } = [];

    [JsonIgnore]
    public string Id { get; init; } = "chart";

    public string ToJson() => JsonSerializer.Serialize(this, ChartJson.Compact.Chart);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(Chart))]
internal sealed partial class ChartJson : JsonSerializerContext
{
    private static ChartJson? _compact;

    public static ChartJson Compact => _compact ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary><c>[milliseconds, value]</c>; a value that JSON cannot hold is null.</summary>
internal sealed class ChartPointConverter : JsonConverter<ChartPoint>
{
    public override ChartPoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, ChartPoint value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.TimeMs);
        if (double.IsFinite(value.Value))
            writer.WriteNumberValue(value.Value);
        else
            writer.WriteNullValue();
        writer.WriteEndArray();
    }
}
