namespace Monitoring;

/// <summary>The endpoints that observe the service and are themselves kept out of every signal.</summary>
internal static class OwnEndpoints
{
    public const string Metrics = "/metrics";
    public const string Live = "/health/live";
    public const string Ready = "/health/ready";

    public static bool Contains(string? path)
        => path is not null
            && (path.Equals(Metrics, StringComparison.OrdinalIgnoreCase)
                || path.Equals(Live, StringComparison.OrdinalIgnoreCase)
                || path.Equals(Ready, StringComparison.OrdinalIgnoreCase));
}
