namespace MicroMonitored.Model.Components;

/// <summary>The alert that Verify provokes to see it fire, arrive and end; the shipped rules have it, and it is told to Verify alone.</summary>
public static class VerifyAlert
{
    /// <summary>The name of its rule.</summary>
    public const string Name = "VerifyProbe";

    /// <summary>The gauge that fires it while it is above 0.</summary>
    public const string Metric = "micromonitored_verify_alert";

    /// <summary>The label that tells one run of Verify from another.</summary>
    public const string RunLabel = "run_id";

    /// <summary>The receiver that it is routed to.</summary>
    public const string Receiver = "verify";

    /// <summary>The file with the URL that it is posted to, read at each notification; there while Verify waits for it.</summary>
    public const string UrlFile = "verify.url";
}
