using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroMonitored.Verification.Reports;

/// <summary>Writes and reads <c>report.json</c>.</summary>
public static class JsonReport
{
    private static readonly ReportJson Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The report as text that ends with a line end.</summary>
    public static string Write(VerificationReport report) => JsonSerializer.Serialize(report, Context.VerificationReport) + "\n";

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">The text is not a report.</exception>
    public static VerificationReport Read(string text) =>
        JsonSerializer.Deserialize(text, Context.VerificationReport) ?? throw new JsonException("the report is null");
}

[JsonSerializable(typeof(VerificationReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
