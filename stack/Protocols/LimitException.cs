namespace MicroMonitored.Protocols;

/// <summary>What was read holds more than its reader was told to take; the message names the limit.</summary>
public sealed class LimitException(string message) : FormatException(message);
