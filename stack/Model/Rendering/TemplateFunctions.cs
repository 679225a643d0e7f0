using System.Text.Encodings.Web;
using System.Text.Json;
using Scriban.Runtime;

namespace MicroMonitored.Model.Rendering;

/// <summary>What a template may call besides Scriban's own functions.</summary>
internal sealed class TemplateFunctions : ScriptObject
{
    // A YAML double-quoted scalar takes every JSON string; escaping all but ASCII also keeps U+0085 and U+2028 from breaking a line.
    private static readonly JsonSerializerOptions Ascii = new() { Encoder = JavaScriptEncoder.Default };

    public TemplateFunctions(Func<string, string> fingerprint)
    {
        this.Import("yaml_string", new Func<object?, string>(Quote));
        this.Import("json_string", new Func<object?, string>(Quote));
        this.Import("compose_string", new Func<object?, string>(value => Quote(value).Replace("$", "$$", StringComparison.Ordinal)));
        this.Import("memory_share", new Func<string, double, string>(MemoryShare));
        this.Import("config_hash", fingerprint);
    }

    private static string Quote(object? value)
        => JsonSerializer.Serialize(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "", Ascii);

    /// <summary>A share of a Compose memory limit in bytes, as <c>GOMEMLIMIT</c> reads it.</summary>
    private static string MemoryShare(string limit, double share)
        => FormattableString.Invariant($"{(long)(MemoryLimit.Bytes(limit) * share)}B");
}
