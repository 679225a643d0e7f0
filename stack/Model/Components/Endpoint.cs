using System.Text;

namespace MicroMonitored.Model.Components;

/// <summary>Where a component or service answers, on this machine or another, with what it asks for.</summary>
/// <param name="Address">Its base address; a path below which it answers ends in <c>/</c>.</param>
/// <param name="Credentials">What its requests carry; null for none.</param>
public sealed record Endpoint(Uri Address, EndpointCredentials? Credentials = null)
{
    /// <summary>Further headers of its requests, a tenant's for example; no text shows them.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it answers on this machine alone.</summary>
    public bool IsLocal => Address.IsLoopback;

    /// <summary>An HTTP endpoint of this machine.</summary>
    /// <param name="port">From 1 to 65535.</param>
    public static Endpoint Local(int port) => new(new Uri($"http://127.0.0.1:{port}"));

    /// <summary>Reads an <c>http</c> or <c>https</c> address; <c>https://user:password@host/prometheus</c> names its credentials, too.</summary>
    /// <exception cref="FaultException">The text is no such address.</exception>
    public static Endpoint Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new FaultException($"\"{text}\" is no endpoint; use an http:// or https:// address");
        var parts = uri.UserInfo.Split(':', 2);
        var bare = new UriBuilder(uri) { UserName = "", Password = "", Path = uri.AbsolutePath.TrimEnd('/') + "/", Query = "", Fragment = "" }.Uri;
        return uri.UserInfo.Length == 0
            ? new Endpoint(bare)
            : new Endpoint(bare, EndpointCredentials.Basic(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "")));
    }

    /// <summary>The address of a path below it.</summary>
    /// <param name="path">With or without a leading <c>/</c>; may carry a query.</param>
    public Uri At(string path) => new(Address, path.TrimStart('/'));

    /// <summary>The address without credentials.</summary>
    public override string ToString() => Address.ToString().TrimEnd('/');
}

/// <summary>The value of an <c>Authorization</c> header, which no text shows.</summary>
public sealed record EndpointCredentials
{
    private EndpointCredentials(string scheme, string parameter) => (Scheme, Parameter) = (scheme, parameter);

    /// <summary><c>Basic</c> or <c>Bearer</c>.</summary>
    public string Scheme { get; }

    /// <summary>What follows the scheme.</summary>
    public string Parameter { get; }

    /// <summary>A user with a password.</summary>
    public static EndpointCredentials Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    /// <summary>A token.</summary>
    public static EndpointCredentials Bearer(string token) => new("Bearer", token);

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme} ***";
}
