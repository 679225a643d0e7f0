using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Scriban.Runtime;

namespace MicroMonitored.Model.Rendering;

/// <summary>What a template may call besides Scriban's own functions.</summary>
internal sealed class TemplateFunctions : ScriptObject
{
    // A YAML double-quoted scalar takes every JSON string; escaping all but ASCII also keeps U+0085 and U+2028 from breaking a line.
    private static readonly JsonSerializerOptions Ascii = new() { Encoder = JavaScriptEncoder.Default };

    private readonly IReadOnlyDictionary<string, byte[]> _rendered;

    /// <param name="fingerprint">Of the files below a folder.</param>
    /// <param name="rendered">The files so far, which a template may show.</param>
    public TemplateFunctions(Func<string, string> fingerprint, IReadOnlyDictionary<string, byte[]> rendered)
    {
        _rendered = rendered;
        this.Import("yaml_string", new Func<object?, string>(Quote));
        this.Import("json_string", new Func<object?, string>(Quote));
        this.Import("compose_string", new Func<object?, string>(value => Quote(value).Replace("$", "$$", StringComparison.Ordinal)));
        this.Import("memory_share", new Func<string, double, string>(MemoryShare));
        this.Import("memory_quantity", new Func<string, double, string>(MemoryQuantity));
        this.Import("image_reference", new Func<string, ImageReference>(ImageReference.Parse));
        this.Import("config_hash", fingerprint);
        this.Import("rendered", new Func<string, int, string>((path, depth) => Indented(Lines(path), depth)));
        this.Import("rendered_files", new Func<string, ScriptArray>(folder => [.. rendered.Keys
            .Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal)).Select(path => path[(folder.Length + 1)..])]));
        this.Import("rendered_section", new Func<string, string, int, string>(Section));
    }

    private static string Quote(object? value)
        => JsonSerializer.Serialize(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", Ascii);

    /// <summary>A share of a Compose memory limit in bytes, as <c>GOMEMLIMIT</c> reads it.</summary>
    private static string MemoryShare(string limit, double share)
        => FormattableString.Invariant($"{(long)(MemoryLimit.Bytes(limit) * share)}B");

    /// <summary>The same as Kubernetes reads it, where <c>m</c> is a thousandth.</summary>
    private static string MemoryQuantity(string limit, double share)
        => FormattableString.Invariant($"{(long)(MemoryLimit.Bytes(limit) * share) >> 20}Mi");

    /// <summary>What is below a top-level key of a rendered YAML file.</summary>
    private string Section(string path, string key, int depth)
        => Indented(Lines(path).SkipWhile(line => line != key + ":").Skip(1).TakeWhile(line => line.Length == 0 || line[0] == ' ')
            .Select(line => line.StartsWith("  ", StringComparison.Ordinal) ? line[2..] : line), depth);

    private string[] Lines(string path)
        => _rendered.TryGetValue(path, out var content) ? Encoding.UTF8.GetString(content).TrimEnd('\n').Split('\n')
            : throw new FaultException($"{path} is not rendered; restore its template in stack/assets");

    private static string Indented(IEnumerable<string> lines, int depth)
        => string.Join('\n', lines.Select(line => line.Length == 0 ? line : new string(' ', depth) + line)).TrimEnd();
}
