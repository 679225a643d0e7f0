using System.Globalization;
using System.Text;
using System.Xml;

namespace MicroMonitored.Verification.Reports;

/// <summary>Writes <c>junit.xml</c>: a suite per signal, a test case per check and service.</summary>
public static class JUnitReport
{
    /// <summary>The report as text that ends with a line end.</summary>
    public static string Write(VerificationReport report)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(new Utf8Text(text), new XmlWriterSettings { Indent = true, NewLineChars = "\n", CloseOutput = true }))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteAttributeString("name", $"MicroMonitored {report.Target}");
            Totals(xml, report.Checks, report.DurationMs);
            foreach (var suite in report.Checks.GroupBy(check => Signal(check.Id)))
            {
                xml.WriteStartElement("testsuite");
                xml.WriteAttributeString("name", suite.Key);
                xml.WriteAttributeString("timestamp", report.StartedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
                Totals(xml, [.. suite], suite.Max(check => check.DurationMs));
                foreach (var check in suite)
                    Case(xml, check);
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
        }
        return text.Append('\n').ToString();
    }

    private static void Case(XmlWriter xml, CheckResult check)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Signal(check.Id));
        xml.WriteAttributeString("name", Clean(check.Service is null ? check.Id : $"{check.Id} ({check.Service})"));
        xml.WriteAttributeString("time", Seconds(check.DurationMs));
        switch (check.Status)
        {
            case CheckStatus.Fail:
                xml.WriteStartElement("failure");
                xml.WriteAttributeString("message", Clean(check.Detail));
                xml.WriteAttributeString("type", check.Id);
                xml.WriteString(Clean($"{check.Detail}\nhop: {check.Hop}\nfix: {check.Fix}"));
                xml.WriteEndElement();
                break;
            case CheckStatus.Skip:
                xml.WriteStartElement("skipped");
                xml.WriteAttributeString("message", Clean(check.Detail));
                xml.WriteEndElement();
                break;
            default:
                xml.WriteElementString("system-out", Clean(check.Detail));
                break;
        }
        xml.WriteEndElement();
    }

    private static void Totals(XmlWriter xml, IReadOnlyList<CheckResult> checks, double durationMs)
    {
        xml.WriteAttributeString("tests", checks.Count.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("failures", checks.Count(check => check.Status == CheckStatus.Fail).ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("errors", "0");
        xml.WriteAttributeString("skipped", checks.Count(check => check.Status == CheckStatus.Skip).ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("time", Seconds(durationMs));
    }

    private static string Signal(string id) => id.Split('.', 2)[0];

    private static string Seconds(double milliseconds) => (milliseconds / 1000).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>XML 1.0 has no way to write most control characters.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (at + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[at + 1], text[at]))
                clean.Append(text[at]).Append(text[++at]);
            else
                clean.Append(XmlConvert.IsXmlChar(text[at]) ? text[at] : '\uFFFD');
        }
        return clean.ToString();
    }

    private sealed class Utf8Text(StringBuilder text) : StringWriter(text, CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;
    }
}
