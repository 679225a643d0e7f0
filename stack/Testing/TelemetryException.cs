namespace MicroMonitored.Testing;

/// <summary>
/// Telemetry is not as expected, or a store does not answer. The message says what was expected, what was there, what is nearest to it, and
/// where between the services it was lost.
/// </summary>
public sealed class TelemetryException(string message) : Exception(message);
