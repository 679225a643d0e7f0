using MicroMonitored.Model.Settings;

namespace MicroMonitored.Targets.Options;

/// <summary>The options that several targets take.</summary>
public static class StackOptions
{
    /// <summary>The engine asked for; null leaves the choice to the settings.</summary>
    public static readonly Option<EngineChoice?> Engine = Option.Choice<EngineChoice>("engine", "where the stack runs, in place of the settings' choice");

    /// <summary>How long to wait for readiness, and for a signal to arrive.</summary>
    public static readonly Option<TimeSpan> Timeout = Option.Duration("timeout", "90s", "how long to wait before it counts as failed");

    /// <summary>A stack that somebody else runs; null is the one that <c>Up</c> started.</summary>
    public static readonly Option<string?> Stack = Option.Text("stack", "FILE", "a stack that somebody else runs, in place of the one that is up");

    /// <summary>How a target prints what it found.</summary>
    public static readonly Option<OutputFormat> Format = Option.Choice("format", OutputFormat.Table, "for people, or for programs");

    /// <summary>The settings file; null is <c>stack/stack.json</c>. Every target takes it.</summary>
    public static readonly Option<string?> Settings = Option.Text("settings", "FILE", "the settings, in place of stack/stack.json");
}

/// <summary>How a target prints what it found.</summary>
public enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs; nothing else is printed.</summary>
    Json,
}
