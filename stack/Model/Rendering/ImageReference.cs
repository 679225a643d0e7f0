namespace MicroMonitored.Model.Rendering;

/// <summary>A pinned image reference in the parts that charts ask for.</summary>
/// <param name="Registry">Its host; <c>docker.io</c> where the reference names none.</param>
/// <param name="Repository">Its path there.</param>
/// <param name="Tag">Empty for none.</param>
/// <param name="Digest"><c>sha256:…</c>; empty for none.</param>
internal sealed record ImageReference(string Registry, string Repository, string Tag, string Digest)
{
    /// <param name="reference">As the settings accept it: <c>registry:5000/team/name:tag@sha256:…</c>.</param>
    public static ImageReference Parse(string reference)
    {
        var (named, digest) = Cut(reference, reference.IndexOf('@'));
        var (path, tag) = Cut(named, named.LastIndexOf(':') is var colon && colon > named.LastIndexOf('/') ? colon : -1);
        var (host, rest) = Cut(path, path.IndexOf('/'));
        var isHost = rest.Length > 0 && (host.Contains('.') || host.Contains(':') || host == "localhost");
        var (registry, repository) = isHost ? (host, rest) : ("docker.io", path);
        return new ImageReference(registry, !isHost && !path.Contains('/') ? "library/" + repository : repository, tag, digest);
    }

    private static (string Before, string After) Cut(string text, int at) => at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
}
