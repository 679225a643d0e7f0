using System.Text.Json.Serialization;

namespace MicroMonitored.Targets.Diagnosis;

/// <summary>One row of <c>Doctor</c>.</summary>
/// <param name="Subject">What was looked at.</param>
/// <param name="Status"><c>pass</c>, <c>warn</c> or <c>fail</c>.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Fix">What to do; null where nothing is.</param>
internal sealed record Finding(string Subject, FindingStatus Status, string Detail, string? Fix = null);

/// <summary>How bad a finding is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingStatus>))]
internal enum FindingStatus
{
    [JsonStringEnumMemberName("pass")] Pass,
    [JsonStringEnumMemberName("warn")] Warn,
    [JsonStringEnumMemberName("fail")] Fail,
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class FindingJson : JsonSerializerContext;
