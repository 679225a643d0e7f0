using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace MicroMonitored.Instrumentation;

/// <summary>Derives the one name by which a service is known in every signal.</summary>
public static class ServiceName
{
    /// <summary>The longest name: what a DNS label allows.</summary>
    public const int MaxLength = 63;

    /// <summary>
    /// What <c>OTEL_SERVICE_NAME</c> or the <c>service.name</c> of <c>OTEL_RESOURCE_ATTRIBUTES</c> says, else the name
    /// derived from the service's assembly.
    /// </summary>
    public static string Of(IConfiguration configuration, IHostEnvironment environment)
        => configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name ? name
            : configuration["OTEL_RESOURCE_ATTRIBUTES"]?.Split(',').Select(static pair => pair.Split('=', 2))
                .LastOrDefault(static pair => pair[0].Trim() == "service.name") is [_, var value] ? value.Trim()
            : Derive(environment.ApplicationName);

    /// <summary>
    /// Lower case, every run of characters outside <c>[a-z0-9]</c> becomes one <c>-</c>, starts with a letter, at most
    /// <see cref="MaxLength"/>: <c>Shop.Orders</c> becomes <c>shop-orders</c>. A character outside ASCII becomes its
    /// code point in hexadecimal, so that different names stay different.
    /// </summary>
    public static string Derive(string projectName)
    {
        var name = new StringBuilder(projectName.Length);
        foreach (var rune in projectName.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) && rune.IsAscii)
                name.Append(char.ToLowerInvariant((char)rune.Value));
            else if (!rune.IsAscii)
                name.Append('u').Append(rune.Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture));
            else if (name.Length > 0 && name[^1] != '-')
                name.Append('-');
        }

        if (name.Length == 0 || !char.IsAsciiLetter(name[0]))
            name.Insert(0, "svc-");
        var text = name.ToString().TrimEnd('-');
        return text.Length <= MaxLength ? text : $"{text[..(MaxLength - 9)].TrimEnd('-')}-{Fingerprint(text)}";
    }

    private static string Fingerprint(string text)
        => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
}
