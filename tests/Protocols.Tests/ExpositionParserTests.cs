using CsCheck;
using MicroMonitored.Protocols.Exposition;

namespace Protocols.Tests;

public sealed class ExpositionParserTests
{
    private static readonly string OpenMetrics = Fixture("scrape-openmetrics.txt");
    private static readonly string PlainText = Fixture("scrape-text.txt");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_recorded_scrape_gives_one_sample_for_every_line_that_is_no_comment(bool openMetrics)
    {
        var text = openMetrics ? OpenMetrics : PlainText;
        var scrape = ExpositionParser.Parse(text, openMetrics);
        Assert.Equal(text.Split('\n').Count(line => line.Length > 0 && line[0] != '#'), scrape.Samples.Count);
        Assert.Equal("counter", scrape.Metadata.Single(entry => entry.Key.StartsWith("dotnet_gc_collections", StringComparison.Ordinal)).Value.Type);
    }

    [Fact]
    public void Both_formats_name_the_buckets_of_a_histogram_alike()
    {
        Assert.Equal(Bounds(OpenMetrics, true), Bounds(PlainText, false));
        Assert.Contains("1.0", Bounds(PlainText, false));

        static SortedSet<string> Bounds(string text, bool openMetrics) =>
            [.. ExpositionParser.Parse(text, openMetrics).Samples.SelectMany(sample => sample.Labels).Where(label => label.Key == "le")
                .Select(label => label.Value)];
    }

    [Fact]
    public void Exemplars_of_the_recorded_scrape_carry_their_trace()
    {
        var sample = ExpositionParser.Parse(OpenMetrics, true).Samples.First(
            sample => sample.Labels[0].Value == "http_server_request_duration_seconds_bucket" && sample.Exemplar is not null);
        Assert.Equal(19, sample.Value);
        Assert.Equal(0.0002151, sample.Exemplar!.Value);
        Assert.Equal(1795394192452, sample.Exemplar.TimestampMs);
        Assert.Equal(new("trace_id", "9281d8f88ad96b40fb8cec6cb10a3da8"), sample.Exemplar.Labels[0]);
    }

    [Fact]
    public void Text_escapes_blanks_timestamps_and_special_values_are_read()
    {
        var scrape = ExpositionParser.Parse(
            "# HELP a line\\nbreak \\\\ \n# some comment\n\n  a { x = \"q\\\"\\\\\\n\" , } \t +Inf 1395066363000\nb NaN -5\nc 1e3\nd{y=\"\"} -0.5",
                openMetrics: false);
        Assert.Equal("line\nbreak \\ ", scrape.Metadata["a"].Help);
        Assert.Equal(new("x", "q\"\\\n"), scrape.Samples[0].Labels[1]);
        Assert.Equal(double.PositiveInfinity, scrape.Samples[0].Value);
        Assert.Equal(1395066363000, scrape.Samples[0].TimestampMs);
        Assert.True(double.IsNaN(scrape.Samples[1].Value));
        Assert.Equal(-5, scrape.Samples[1].TimestampMs);
        Assert.Equal(1000, scrape.Samples[2].Value);
        Assert.Equal(-0.5, scrape.Samples[3].Value);
    }

    [Fact]
    public void OpenMetrics_times_are_seconds_and_quoted_names_are_names()
    {
        const string text =
            "# TYPE a counter\n# UNIT a seconds\na_total 1 1395066363.123 # {trace_id=\"x\"} 0.5\na_created 5\n{\"my.name\",l=\"v\"} 2\n# EOF\n";
        var scrape = ExpositionParser.Parse(text, true);
        Assert.Equal(1395066363123, scrape.Samples[0].TimestampMs);
        Assert.Null(scrape.Samples[0].Exemplar!.TimestampMs);
        Assert.Equal("seconds", scrape.Metadata["a"].Unit);
        Assert.Equal("a_created", scrape.Samples[1].Labels[0].Value);
        Assert.Equal("my.name", scrape.Samples[2].Labels[0].Value);
    }

    [Theory]
    [InlineData("a 1\n", true)]
    [InlineData("a 1\n# EOF\nb 2\n", true)]
    [InlineData("a 1\n\n# EOF\n", true)]
    [InlineData("a 1\n# a comment\n# EOF\n", true)]
    [InlineData("a\n", false)]
    [InlineData("a x\n", false)]
    [InlineData("a{b} 1\n", false)]
    [InlineData("a{b=\"c} 1\n", false)]
    [InlineData("a{b=\"c\" 1\n", false)]
    [InlineData("a{b=\"c\",b=\"d\"} 1\n", false)]
    [InlineData("1a 1\n", false)]
    [InlineData("a 1 2 3\n", false)]
    [InlineData("# TYPE a sometype\n", false)]
    public void Text_that_is_not_valid_is_refused_with_its_line(string text, bool openMetrics) =>
        Assert.StartsWith("line ", Assert.Throws<ExpositionException>(() => ExpositionParser.Parse(text, openMetrics)).Message, StringComparison.Ordinal);

    [Fact]
    public void More_samples_than_the_limit_are_refused() =>
        Assert.Contains("limit", Assert.Throws<ExpositionException>(() => ExpositionParser.Parse("a 1\nb 1\nc 1\n", false, sampleLimit: 2)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(0.005, "0.005")]
    [InlineData(1, "1.0")]
    [InlineData(300, "300.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(1000000, "1e+06")]
    [InlineData(1234567, "1.234567e+06")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    public void Bounds_are_written_as_Prometheus_writes_them(double value, string text) => Assert.Equal(text, PrometheusFloat.Format(value));

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.Select(Gen.String, Gen.String, Gen.Double, Gen.Long[0, 1L << 45]).Sample(
            (first, second, value, time) =>
            {
                var number = value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
                var text = $"m{{a=\"{Escape(first)}\",b=\"{Escape(second)}\"}} {number} {time}\n";
                var sample = Assert.Single(ExpositionParser.Parse(text, false).Samples);
                Assert.Equal([new("__name__", "m"), new("a", first), new("b", second)], sample.Labels);
                Assert.Equal(value, sample.Value);
                Assert.Equal(time, sample.TimestampMs);
            },
            iter: 2000);

    [Fact]
    public void Wanted_samples_are_read_past_lines_that_are_not_valid()
    {
        var samples = ExpositionParser.Read("a 1\nb{ 2\na{x=\"y\"} 3 1395066363000\n}{\n{\"a\",x=\"z\"} 4\nc 5\na\n", name => name == "a");
        Assert.Equal([(null, 1, null), ("y", 3, 1395066363000), ("z", 4, null)],
            samples.Select(sample => (sample.Label("x"), sample.Value, sample.TimestampMs)));
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Fixture(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "real", "prometheus", name));
}
