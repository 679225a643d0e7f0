namespace MicroMonitored.Embedded.Ingest;

/// <summary>What was sent cannot be taken; the message is for the sender.</summary>
internal sealed class IngestException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The HTTP status to answer with.</summary>
    public int Status { get; } = status;

    public static IngestException Invalid(string message, Exception? inner = null) => new(StatusCodes.Status400BadRequest, message, inner);
}
