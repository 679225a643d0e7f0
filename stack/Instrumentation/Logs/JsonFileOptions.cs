using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MicroMonitored.Instrumentation;

/// <summary>Where the log lines go and how much of them is kept: the configuration section <c>Monitoring</c>.</summary>
public sealed class JsonFileOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Monitoring";

    /// <summary>The folder of the log file <c>&lt;service&gt;.log</c>; relative to the content root.</summary>
    [Required]
    public string LogFolder { get; set; } = "/var/log/microservices";

    /// <summary>The size in bytes at which the log file is rolled to <c>&lt;service&gt;.1.log</c>.</summary>
    [Range(1024, long.MaxValue)]
    public long LogFileBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How many rolled files are kept.</summary>
    [Range(1, 100)]
    public int LogFilesKept { get; set; } = 3;

    /// <summary>How many bytes of log lines may wait for the disk; lines beyond are dropped and counted.</summary>
    [Range(64 * 1024, 256 * 1024 * 1024)]
    public int LogQueueBytes { get; set; } = 8 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class JsonFileOptionsValidator : IValidateOptions<JsonFileOptions>;
