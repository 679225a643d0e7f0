using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace GrafanaStandIn;

/// <summary>The one user that Grafana's own environment variables name at its first start; from then on its data folder says the password.</summary>
internal sealed record Administrator(string User, string PasswordFile)
{
    public static Administrator FromEnvironment()
    {
        var file = Path.Combine(Environment.GetEnvironmentVariable("GF_PATHS_DATA") ?? "/var/lib/grafana", "admin-password");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, Environment.GetEnvironmentVariable("GF_SECURITY_ADMIN_PASSWORD__FILE") is { Length: > 0 } given
                ? File.ReadAllText(given)
                : Environment.GetEnvironmentVariable("GF_SECURITY_ADMIN_PASSWORD") ?? "admin");
        }

        return new Administrator(Environment.GetEnvironmentVariable("GF_SECURITY_ADMIN_USER") ?? "admin", file);
    }

    public bool Is(string? authorization)
        => authorization is not null
            && authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(
                SHA256.HashData(Encoding.ASCII.GetBytes(authorization["Basic ".Length..].Trim())),
                SHA256.HashData(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{File.ReadAllText(PasswordFile).Trim()}")))));
}

internal static class AdministratorOnly
{
    private static readonly string[] Open = ["/api/health", "/metrics"];

    public static void UseAdministratorOnly(this WebApplication app, Administrator administrator)
        => app.Use(async (context, next) =>
        {
            if (!Open.Contains(context.Request.Path.Value, StringComparer.Ordinal) && !administrator.Is(context.Request.Headers.Authorization))
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                await context.Response.WriteAsJsonAsync(new { message = "Invalid username or password" }, context.RequestAborted);
                return;
            }

            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, administrator.User)], "Basic"));
            await next(context);
        });
}
