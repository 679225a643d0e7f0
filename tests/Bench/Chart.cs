using System.Globalization;
using System.Security;
using System.Text;

namespace Bench;

/// <summary>The results as horizontal bars in SVG.</summary>
public static class Chart
{
    private const int Width = 760;
    private const int Row = 56;
    private const int Top = 56;
    private const int Longest = 600;

    public static string Svg(IReadOnlyList<Result> results)
    {
        var scale = Longest / results.Max(static result => result.Ratio);
        var height = Top + (results.Count * Row) + 12;
        var box = $"0 0 {Width} {height}";
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" viewBox="{box}" font-family="system-ui, sans-serif" font-size="14">
              <rect width="{Width}" height="{height}" fill="#ffffff"/>
              <text x="16" y="30" font-size="17" font-weight="600" fill="#1f2328">Server CPU per request, relative to the bare server</text>

            """);
        for (var index = 0; index < results.Count; index++)
        {
            var (result, y) = (results[index], Top + (index * Row));
            var length = result.Ratio * scale;
            var colour = result.Variant.Name.StartsWith("ours", StringComparison.Ordinal) ? "#2f6fde" : "#8c959f";
            svg.Append(CultureInfo.InvariantCulture, $"""
                  <text x="16" y="{y + 12}" fill="#1f2328">{SecurityElement.Escape(result.Variant.Title)}</text>
                  <rect x="16" y="{y + 19}" width="{length:0.#}" height="20" rx="3" fill="{colour}"/>
                  <text x="{length + 24:0.#}" y="{y + 34}" fill="#1f2328">{result.Ratio:0.00} ×, {result.ExtraBytes:+0;-0;0} bytes</text>

                """);
        }

        return svg.Append("</svg>\n").ToString();
    }
}
