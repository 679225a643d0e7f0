using System.Text.Json;
using MicroMonitored.Embedded.Store;

namespace MicroMonitored.Embedded.Ingest.Scrape;

/// <summary>A target as discovery names it.</summary>
/// <param name="Discovered">All labels, those with <c>__</c> included.</param>
/// <param name="Labels">The labels each of its series gets: <c>job</c>, <c>instance</c> and those given.</param>
internal sealed record DiscoveredTarget(Uri Url, IReadOnlyDictionary<string, string> Discovered, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Two targets with the same key are one.</summary>
    public string Key { get; } =
        $"{Url} {string.Join(',', Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"))}";
}

/// <summary>Reads Prometheus <c>file_sd</c> files again whenever they change; a file that cannot be read keeps its last good targets.</summary>
/// <remarks>Format: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config, JSON only.</remarks>
internal sealed class FileDiscovery(EmbeddedOptions options, EngineCounters counters)
{
    private const int MaxFileBytes = 4 * 1024 * 1024;
    private const int MaxTargets = 2000;

    private readonly Dictionary<string, (DateTime Written, long Length, IReadOnlyList<DiscoveredTarget> Targets)> _files = new(StringComparer.Ordinal);

    /// <summary>The targets now.</summary>
    public IReadOnlyList<DiscoveredTarget> Read()
    {
        var paths = options.FileSd.SelectMany(Expand).Distinct(StringComparer.Ordinal).ToList();
        foreach (var gone in _files.Keys.Except(paths).ToList())
            _files.Remove(gone);
        foreach (var path in paths)
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                _files.Remove(path);
                continue;
            }

            if (_files.TryGetValue(path, out var known) && known.Written == file.LastWriteTimeUtc && known.Length == file.Length)
                continue;
            IReadOnlyList<DiscoveredTarget> targets = known.Targets ?? [];
            try
            {
                if (file.Length > MaxFileBytes)
                    throw new JsonException("the file is too large");
                targets = Parse(File.ReadAllBytes(path), path);
            }
            catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                counters.Add("discovery_errors", "invalid_file");
            }

            _files[path] = (file.LastWriteTimeUtc, file.Length, targets);
        }

        return [.. _files.Values.SelectMany(file => file.Targets).DistinctBy(target => target.Key).Take(MaxTargets)];
    }

    /// <exception cref="JsonException">The file is not of this format.</exception>
    internal static IReadOnlyList<DiscoveredTarget> Parse(ReadOnlyMemory<byte> json, string path)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
        var targets = new List<DiscoveredTarget>();
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            throw new JsonException("a list of target groups is expected");
        foreach (var group in document.RootElement.EnumerateArray())
        {
            var given = new Dictionary<string, string>(StringComparer.Ordinal);
            if (group.TryGetProperty("labels", out var labels))
                foreach (var label in labels.EnumerateObject())
                    given[label.Name] = label.Value.GetString() ?? "";
            if (!group.TryGetProperty("targets", out var addresses))
                throw new JsonException("a target group has no targets");
            foreach (var address in addresses.EnumerateArray())
                targets.Add(Target(address.GetString() ?? "", given, path));
        }

        return targets;
    }

    private static DiscoveredTarget Target(string address, Dictionary<string, string> given, string path)
    {
        var discovered = new SortedDictionary<string, string>(given, StringComparer.Ordinal)
        {
            ["__address__"] = address,
            ["__meta_filepath"] = path,
        };
        discovered.TryAdd("__metrics_path__", "/metrics");
        discovered.TryAdd("__scheme__", "http");
        discovered.TryAdd("job", "file_sd");
        if (!Uri.TryCreate($"{discovered["__scheme__"]}://{address}{discovered["__metrics_path__"]}", UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.UserInfo.Length > 0)
            throw new JsonException($"'{address}' is not the address of a target");

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in discovered)
            if (!name.StartsWith("__", StringComparison.Ordinal) && value.Length > 0)
                labels[name] = value;
        labels.TryAdd("instance", address);
        return new DiscoveredTarget(url, discovered, labels);
    }

    private static IEnumerable<string> Expand(string pattern)
    {
        var name = Path.GetFileName(pattern);
        if (!name.Contains('*', StringComparison.Ordinal))
            return [pattern];
        var folder = Path.GetDirectoryName(pattern)!;
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal) : [];
    }
}
