using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using MicroMonitored.Model;

namespace MicroMonitored.Targets.Upgrades;

/// <summary>The versions of a <c>Directory.Packages.props</c>, changed where they stand: everything around them stays as a team wrote it.</summary>
internal static partial class CentralVersions
{
    private const string Own = "MicroMonitoredVersion";

    /// <summary>The version of the packages, or null where the text names none.</summary>
    public static string? MicroMonitored(string text) => OwnElement().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>
    /// Sets the version of the packages, and every other one that the new template pins higher; lowers none. A package of ours that the text
    /// does not name yet gets its line below the last of them: what is added later by a template asks for it.
    /// </summary>
    /// <param name="shown">How a fault names the text.</param>
    /// <returns>The new text, and what changed in it as a person reads it.</returns>
    /// <exception cref="FaultException">The text is not XML, or names no version of the packages.</exception>
    public static (string Text, IReadOnlyList<string> Changes) Raise(string text, string shipped, string shown)
    {
        var (mine, theirs) = (Parse(text, shown), Parse(shipped, "the new Directory.Packages.props"));
        var starts = LineStarts(text);
        var edits = new SortedDictionary<int, (string Old, string New, string Change)>();

        int Place(IXmlLineInfo info) => starts[info.LineNumber - 1] + info.LinePosition - 1;

        void Edit(IXmlLineInfo place, string opening, string old, string wanted, string name)
        {
            var start = text.IndexOf(opening, Place(place), StringComparison.Ordinal) + opening.Length;
            if (string.CompareOrdinal(text, start, old, 0, old.Length) == 0)
                edits[start] = (old, wanted, $"{name} {old} to {wanted}");
        }

        void Set(string property, Func<string, bool> isToChange, string wanted)
        {
            foreach (var element in mine.Descendants(property).Where(element => !element.HasElements && isToChange(element.Value)))
                Edit(element, ">", element.Value, wanted, property);
        }

        Set(Own, old => old != Value(theirs, Own), Value(theirs, Own) ?? throw new FaultException($"the new Directory.Packages.props has no <{Own}>"));
        foreach (var pin in theirs.Descendants("PackageVersion"))
        {
            var (id, wanted) = ((string?)pin.Attribute("Include"), Resolved(theirs, pin));
            if (VersionNumber.Of(wanted) is not { } higher || IsOwn(pin))
                continue;
            bool IsLower(string old) => VersionNumber.Of(old) is { } version && version.CompareTo(higher) < 0;
            foreach (var attribute in mine.Descendants("PackageVersion")
                .Where(one => string.Equals((string?)one.Attribute("Include"), id, StringComparison.OrdinalIgnoreCase))
                .Where(one => one.AncestorsAndSelf().All(part => part.Attribute("Condition") is null))
                .Select(one => one.Attribute("Version")).OfType<XAttribute>())
            {
                if (Reference().Match(attribute.Value) is { Success: true } reference && reference.Groups[1].Value != Own)
                    Set(reference.Groups[1].Value, IsLower, higher.Text);
                else if (IsLower(attribute.Value))
                    Edit(attribute, $"{text[text.IndexOfAny(['"', '\''], Place(attribute))]}", attribute.Value, higher.Text, id!);
            }
        }

        Add();
        foreach (var (start, (old, wanted, _)) in edits.Reverse())
            text = string.Concat(text.AsSpan(0, start), wanted, text.AsSpan(start + old.Length));
        return (text, [.. edits.Values.Select(edit => edit.Change)]);

        void Add()
        {
            var ids = mine.Descendants("PackageVersion").Select(pin => (string?)pin.Attribute("Include")).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var own = theirs.Descendants("PackageVersion").Where(IsOwn).Select(pin => (string)pin.Attribute("Include")!);
            var missing = own.Where(id => !ids.Contains(id)).ToList();
            if (missing.Count == 0 || mine.Descendants("PackageVersion").LastOrDefault(IsOwn) is not IXmlLineInfo last)
                return;
            var (line, end) = (starts[last.LineNumber - 1], text.IndexOf('\n', text.IndexOf('>', Place(last))) + 1);
            if (end == 0)
                return;
            var indent = text[line..(Place(last) - 1)];
            var lineEnd = text[end - 2] == '\r' ? "\r\n" : "\n";
            edits[end] = ("", string.Concat(missing.Select(id => $"{indent}<PackageVersion Include=\"{id}\" Version=\"$({Own})\" />{lineEnd}")),
                $"{string.Join(", ", missing)} added");
        }
    }

    private static bool IsOwn(XElement pin) => (string?)pin.Attribute("Version") == $"$({Own})";

    private static XElement Parse(string text, string shown)
    {
        try
        {
            var root = XDocument.Parse(text, LoadOptions.SetLineInfo | LoadOptions.PreserveWhitespace).Root!;
            return Value(root, Own) is null ? throw new FaultException($"{shown} has no <{Own}>; add it with the version of the packages") : root;
        }
        catch (XmlException exception)
        {
            throw new FaultException($"{shown} is not XML ({exception.Message.TrimEnd('.')}); mend it first");
        }
    }

    private static string? Value(XElement root, string property) => root.Descendants(property).FirstOrDefault()?.Value;

    private static string? Resolved(XElement root, XElement pin)
        => (string?)pin.Attribute("Version") is not { } version ? null
            : Reference().Match(version) is { Success: true } match ? Value(root, match.Groups[1].Value)
            : version;

    private static List<int> LineStarts(string text) => [0, .. Enumerable.Range(0, text.Length).Where(index => text[index] == '\n').Select(index => index + 1)];

    [GeneratedRegex($"<{Own}>([^<]+)</{Own}>")]
    private static partial Regex OwnElement();

    [GeneratedRegex(@"^\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)$")]
    private static partial Regex Reference();
}
