using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace MicroMonitored.Embedded.Web;

/// <summary>Markup; whatever is put into it as text is encoded, so that hostile text stays text.</summary>
internal readonly record struct Html(string Markup)
{
    public static readonly Html Nothing = new("");

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>Builds markup from an interpolated string: its literals are markup, its values are text unless they are <see cref="Html"/>.</summary>
    public static Html Of(Builder builder) => new(builder.Take());

    public static Html All(IEnumerable<Html> parts) => new(string.Concat(parts.Select(static part => part.Markup)));

    /// <summary>Encodes text; control characters become visible escapes.</summary>
    public static string Encode(string text)
    {
        if (text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.Contains('\x7f', StringComparison.Ordinal))
        {
            var visible = new StringBuilder(text.Length + 16);
            foreach (var c in text)
            {
                if (c is '\n' or '\t' || !char.IsControl(c))
                    visible.Append(c);
                else
                    visible.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            }

            text = visible.ToString();
        }

        return Encoder.Encode(text);
    }

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Builder
    {
        private readonly StringBuilder _markup;

        public Builder(int literalLength, int formattedCount) => _markup = new(literalLength + (formattedCount * 24));

        public void AppendLiteral(string value) => _markup.Append(value);

        public void AppendFormatted(Html value) => _markup.Append(value.Markup);

        public void AppendFormatted(IEnumerable<Html> values)
        {
            foreach (var value in values)
                _markup.Append(value.Markup);
        }

        public void AppendFormatted(string? value) => _markup.Append(Encode(value ?? ""));

        public void AppendFormatted(long value) => _markup.Append(value);

        public string Take() => _markup.ToString();
    }
}
