using System.Net;

namespace MicroMonitored.Verification;

/// <summary>How the stack learns of this process and reaches it: the scraper its <c>/metrics</c>, the notifier its webhook.</summary>
/// <param name="Port">The port on <paramref name="Address"/>; 0 takes a free one.</param>
/// <param name="Address">What it listens on; loopback when null.</param>
/// <param name="TargetsFile">A <c>file_sd</c> file that is there while it listens; null writes none.</param>
/// <param name="ReachedAs">The host under which the stack reaches it.</param>
/// <param name="UrlFile">The file that the notifier reads the webhook's URL from, there while it listens; null where nothing is told of alerts.</param>
public sealed record Exposure(
    int Port = 0, IPAddress? Address = null, string? TargetsFile = null, string ReachedAs = "127.0.0.1", string? UrlFile = null);
