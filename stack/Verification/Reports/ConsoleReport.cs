using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MicroMonitored.Verification.Reports;

/// <summary>Writes a report for people: one row a check with its services folded in; what failed unfolds with service, hop and fix.
/// No line is wider than the console.</summary>
public static class ConsoleReport
{
    private const int Narrowest = 20;
    private const string Gap = "  ";

    /// <param name="details">One row a check and service, every detail whole.</param>
    public static void Write(IAnsiConsole console, VerificationReport report, bool details = false)
    {
        IReadOnlyList<Row> rows =
            [.. details ? report.Checks.Select(check => new Row([check])) : report.Checks.GroupBy(check => check.Id).Select(checks => new Row([.. checks]))];
        if (rows.Count > 0)
        {
            var (id, subject) = (rows.Max(row => Width(row.Id)), rows.Max(row => Width(Subject(row, details))));
            foreach (var row in rows)
                Write(console, row, id, subject, details);
        }
        if (details)
        {
            foreach (var (signal, freshness) in report.Freshness)
                Hanging(console, 0, string.Create(CultureInfo.InvariantCulture,
                    $"{signal}: emit to queryable p50 {freshness.P50Ms:0} ms, p95 {freshness.P95Ms:0} ms, max {freshness.MaxMs:0} ms"));
        }
        Hanging(console, 0, $"{report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped");
    }

    private static void Write(IAnsiConsole console, Row row, int id, int subject, bool details)
    {
        var head =
            $"{Gap}{Padded(row.Id, id)}{Gap}{Padded(Subject(row, details), subject)}{Gap}{(row.Status == CheckStatus.Skip ? "" : Time(row.DurationMs)),6}{Gap}";
        var (indent, detail) = (4 + Width(head), Clean(row.Detail(details)));
        var room = console.Profile.Width - indent;
        var beside = room < Narrowest ? [] : Width(detail) <= room ? [detail] : details ? Folded(detail, room) : [$"{Folded(detail, room - 1)[0]}…"];
        console.Write(new Text(row.Status == CheckStatus.Fail ? "FAIL" : row.Status.ToString().ToLowerInvariant(), row.Status switch
        {
            CheckStatus.Pass => new Style(Color.Green),
            CheckStatus.Fail => new Style(Color.Red, decoration: Decoration.Bold),
            _ => new Style(Color.Yellow),
        }));
        Line(console, beside.Count > 0 ? head + beside[0] : head[..Math.Clamp(console.Profile.Width - 4, 0, head.Length)]);
        foreach (var line in beside.Skip(1))
            Line(console, new string(' ', indent) + line);
        if (beside.Count == 0 && details)
            Hanging(console, 6, detail);
        foreach (var check in row.Checks.Where(check => check.Status == CheckStatus.Fail))
        {
            if (!details)
                Hanging(console, 6, $"{(check.Service is null ? "" : $"{check.Service}: ")}{check.Detail}");
            Hanging(console, 8, $"hop: {check.Hop}");
            Hanging(console, 8, $"fix: {check.Fix}");
        }
    }

    private static void Hanging(IAnsiConsole console, int indent, string text)
    {
        var more = 0;
        foreach (var line in Folded(Clean(text), Math.Max(1, console.Profile.Width - indent - 5)))
        {
            Line(console, new string(' ', indent + more) + line);
            more = 5;
        }
    }

    /// <summary>The text in lines of at most that width, broken between words where that is possible.</summary>
    private static List<string> Folded(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        var used = 0;
        foreach (var word in text.Split(' '))
        {
            if (used > 0 && used + 1 + Width(word) > width)
                Break();
            if (line.Length > 0)
            {
                line.Append(' ');
                used++;
            }
            foreach (var rune in word.EnumerateRunes())
            {
                var cells = Width(rune.ToString());
                if (used + cells > width)
                    Break();
                line.Append(rune.ToString());
                used += cells;
            }
        }
        Break();
        return lines;

        void Break()
        {
            lines.Add(line.ToString());
            line.Clear();
            used = 0;
        }
    }

    private static string Clean(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(letter => char.IsControl(letter) ? '\uFFFD' : letter));

    private static string Subject(Row row, bool details) => details ? row.Checks[0].Service ?? "" : row.Count;

    private static string Padded(string text, int width) => text + new string(' ', width - Width(text));

    private static int Width(string text) => new Segment(text).CellCount();

    /// <summary>A line as it is: no markup, no wrapping.</summary>
    private static void Line(IAnsiConsole console, string text) => console.Profile.Out.Writer.WriteLine(text.TrimEnd());

    private static string Time(double milliseconds) =>
        milliseconds < 1000
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0} s");

    /// <summary>The results of one check that make one row.</summary>
    private sealed record Row(IReadOnlyList<CheckResult> Checks)
    {
        public string Id => Checks[0].Id;

        public CheckStatus Status { get; } =
            Checks.Any(check => check.Status == CheckStatus.Fail) ? CheckStatus.Fail
            : Checks.All(check => check.Status == CheckStatus.Skip) ? CheckStatus.Skip
            : CheckStatus.Pass;

        public double DurationMs => Checks.Max(check => check.DurationMs);

        public string Count => Status == CheckStatus.Skip ? "-" : $"{Checks.Count(check => check.Status == CheckStatus.Pass)}/{Checks.Count}";

        /// <summary>The one result's detail; of several, who failed or was skipped, or else who passed.</summary>
        public string Detail(bool details)
        {
            if (Checks.Count == 1 && (details || Status != CheckStatus.Fail))
                return Checks[0].Detail;
            if (Checks.Count == 1)
                return Checks[0].Service ?? "";
            var odd = Checks.Where(check => check.Status != CheckStatus.Pass).ToList();
            if (odd.Count > 0 && Status != CheckStatus.Fail && odd.Select(check => check.Detail).Distinct().Count() == 1)
                return odd.Count == Checks.Count ? odd[0].Detail : $"{Names(odd)} skipped: {odd[0].Detail}";
            return odd.Count == 0 ? Names(Checks) : string.Join(", ",
                odd.GroupBy(check => check.Status).OrderBy(group => group.Key)
                    .Select(group => $"{Names(group)}{(group.Key == CheckStatus.Skip ? " skipped" : "")}"));
        }

        private static string Names(IEnumerable<CheckResult> checks) => string.Join(", ", checks.Select(check => check.Service ?? "synthetic"));
    }
}
