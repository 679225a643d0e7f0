using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using MicroMonitored.Model;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Settings;
using NJsonSchema;

namespace Stack.Tests.Settings;

/// <summary><c>stack.json</c>: defaults, overrides and one clear line for each fault, all at once.</summary>
public sealed class SettingsReaderTests
{
    private static readonly Dictionary<string, string> NoVariables = [];

    [Fact]
    public void TheShippedFileSaysTheDefaults()
    {
        var shipped = SettingsReader.Read(Shipped("stack.json"), NoVariables);
        var defaults = Parse("{}");
        Assert.Equal(defaults, shipped);
    }

    [Fact]
    public async Task TheShippedFileMeetsItsSchemaForOthersToo()
    {
        var schema = await JsonSchema.FromFileAsync(Shipped("stack.schema.json"), TestContext.Current.CancellationToken);
        Assert.Empty(schema.Validate(await File.ReadAllTextAsync(Shipped("stack.json"), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void EveryKeyOfTheSchemaIsAPropertyOfTheRecordAndTheReverse()
        => Assert.Equal(Properties(typeof(StackSettings)).Order(StringComparer.Ordinal), SettingsReader.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void EveryDefaultValidates()
    {
        var defaults = new JsonObject();
        foreach (var key in SettingsSchema.Keys.Where(key => key.Default.ValueKind != JsonValueKind.Undefined))
        {
            var parent = key.Section is null ? defaults : (JsonObject)(defaults[key.Section] ??= new JsonObject());
            parent[key.Name] = JsonNode.Parse(key.Default.GetRawText());
        }

        Assert.Empty(SchemaRules.Refused(defaults));
        Assert.Equal(["grafana.passwordFile"], SettingsSchema.Keys.Where(key => key.Default.ValueKind == JsonValueKind.Undefined).Select(key => key.Path));
    }

    [Fact]
    public void EveryKeySaysWhatItTakes()
        => Assert.All(SettingsSchema.Keys, key => Assert.Matches("^use .{5,}$", key.Fix));

    [Fact]
    public void EveryPortOfAComponentIsASettingWithAnOffsetOfItsOwn()
    {
        var declared = SettingsSchema.Keys.Where(key => key.Offset is not null).ToList();
        Assert.Equal(Component.All.SelectMany(component => component.Ports).Select(port => port.SettingsKey).Distinct().Append("ports.services").Order(),
            declared.Select(key => key.Path).Order());
        Assert.Distinct(declared.Select(key => key.Offset));
    }

    [Theory]
    [InlineData("""{ "ports": { "grafana": 70000 } }""", "stack.json: ports.grafana: 70000; use a port from 1 to 65535")]
    [InlineData("""{ "ports": { "grafana": "3000" } }""", "stack.json: ports.grafana: \"3000\"; use a port from 1 to 65535")]
    [InlineData("""{ "ports": { "graphana": 3000 } }""", "stack.json: unknown key ports.graphana; did you mean grafana?")]
    [InlineData("""{ "ports": { "tempo": 3000 } }""", "stack.json: ports.tempo: 3000 is also ports.grafana; give every port its own number")]
    [InlineData("""{ "ports": [] }""", "stack.json: ports is []; write an object { … }")]
    [InlineData("""{ "engine": "podman" }""", "stack.json: engine: \"podman\"; use \"auto\", \"docker\" or \"embedded\"")]
    [InlineData("""{ "sampling": 1.5 }""", "stack.json: sampling: 1.5; use a number from 0 to 1")]
    [InlineData("""{ "scrapeInterval": "soon" }""",
        "stack.json: scrapeInterval: \"soon\"; use a duration (units ms s m h d w y) of at least 100ms, such as \"2s\"")]
    [InlineData("""{ "scrapeInterval": "50ms" }""",
        "stack.json: scrapeInterval: \"50ms\"; use a duration (units ms s m h d w y) of at least 100ms, such as \"2s\"")]
    [InlineData("""{ "retention": { "logs": "23h" } }""",
        "stack.json: retention.logs: \"23h\"; use a duration (units ms s m h d w y) of at least 24h, such as \"7d\"")]
    [InlineData("""{ "retention": { "size": "0g" } }""", "stack.json: retention.size: \"0g\"; use a size, such as \"4g\"")]
    [InlineData("""{ "retention": { "traces": "1m1h" } }""",
        "stack.json: retention.traces: \"1m1h\"; use a duration (units ms s m h d w y) of at least 1h, such as \"2d\"")]
    [InlineData("""{ "bindAddress": "localhost" }""", "stack.json: bindAddress: \"localhost\"; use an IP address, such as \"127.0.0.1\"")]
    [InlineData("""{ "ports": { "grafana": 3000.5 } }""", "stack.json: ports.grafana: 3000.5; use a port from 1 to 65535")]
    [InlineData("""{ "ports": { "grafana": 3e3 } }""", "stack.json: ports.grafana: 3e3; use a port from 1 to 65535")]
    [InlineData("""{ "ports": { "grafana": null } }""", "stack.json: ports.grafana: null; use a port from 1 to 65535")]
    [InlineData("""{ "ports": { "first": 65530 } }""", "stack.json: ports.first: 65530; use a port from 1 to 65515")]
    [InlineData("""{ "name": {} }""", "stack.json: unknown key name; did you mean names?")]
    [InlineData("[]", "stack.json: the whole is []; write an object { … }")]
    [InlineData("""{ "images": { "loki": "grafana/loki:latest" } }""", "stack.json: images.loki: \"grafana/loki:latest\"; use a pinned image reference "
        + "(name:tag or name@sha256:…, never latest), such as \"grafana/loki:3.7.7\"")]
    [InlineData("""{ "names": { "network": "a b" } }""",
        "stack.json: names.network: \"a b\"; use letters, digits, _ . and - only, starting with a letter or digit, such as \"monitoring\"")]
    [InlineData("""{ "names": { "project": "Shop" } }""",
        "stack.json: names.project: \"Shop\"; use lower-case letters, digits, - and _ only, starting with a letter or digit, such as \"sample-micro-app\"")]
    [InlineData("""{ "memory": { "loki": "lots" } }""", "stack.json: memory.loki: \"lots\"; use a memory size, such as \"768m\"")]
    [InlineData("""{ "alerting": { "enabled": "yes" } }""", "stack.json: alerting.enabled: \"yes\"; use true or false")]
    [InlineData("""{ "alerting": { "webhook": "ftp://x" } }""", "stack.json: alerting.webhook: \"ftp://x\"; use an http:// or https:// address")]
    [InlineData("""{ "grafana": { "password": "" } }""", "stack.json: grafana.password: \"\"; use at least one character and no control characters")]
    [InlineData("""{ "bindAddress": "0.0.0.0" }""", "stack.json: bindAddress: \"0.0.0.0\" opens ports beyond loopback with the default Grafana password; "
        + "set STACK__GRAFANA__PASSWORD or grafana.passwordFile, or keep \"127.0.0.1\"")]
    public void AFaultIsOneLineWithKeyValueAndFix(string json, string expected)
        => Assert.Equal([expected], Assert.Throws<FaultException>(() => Parse(json)).Faults);

    [Fact]
    public void BrokenJsonNamesThePlace()
        => Assert.StartsWith("stack.json: line 2, column ", Assert.Single(Assert.Throws<FaultException>(() => Parse("{\n  \"engine\": auto\n}")).Faults),
            StringComparison.Ordinal);

    [Fact]
    public void ADoubleKeyIsRefused()
        => Assert.Contains("not valid JSON", Assert.Single(Assert.Throws<FaultException>(() => Parse("""{ "engine": "auto", "engine": "docker" }""")).Faults),
            StringComparison.Ordinal);

    [Fact]
    public void SeveralFaultsAreReportedTogether()
    {
        var faults = Assert.Throws<FaultException>(() => Parse("""{ "engine": "x", "ports": { "loki": 0, "nope": 1 }, "sampling": 2 }""")).Faults;
        Assert.Equal(4, faults.Count);
    }

    [Fact]
    public void CommentsAndTrailingCommasAreAllowed()
        => Assert.Equal(EngineChoice.Docker, Parse("{ // where it runs\n \"engine\": \"docker\", }").Engine);

    [Fact]
    public void TheEnvironmentOverridesSingleKeys()
    {
        var settings =
            Parse("""{ "ports": { "grafana": 4000 } }""", ("STACK__PORTS__GRAFANA", "4001"), ("stack__alerting__enabled", "false"), ("PATH", "/bin"));
        Assert.Equal(4001, settings.Ports.Grafana);
        Assert.False(settings.Alerting.Enabled);
    }

    [Fact]
    public void AFaultOfTheEnvironmentNamesTheVariable()
    {
        var faults = Assert.Throws<FaultException>(() => Parse("{}", ("STACK__PORTS__GRAFANA", "many"), ("STACK__PORTS__GRAFFANA", "1"))).Faults;
        Assert.Equal(["environment variable STACK__PORTS__GRAFANA: many; use a port from 1 to 65535",
            "environment variable STACK__PORTS__GRAFFANA: no such setting; did you mean STACK__PORTS__GRAFANA?"], faults);
    }

    [Fact]
    public void TheFirstPortMovesAllThatHaveNoKeyOfTheirOwn()
    {
        var ports = Parse("""{ "ports": { "first": 20000, "loki": 3100 } }""").Ports;
        Assert.Equal(
            new StackPorts
            {
                First = 20000, Grafana = 20000, Prometheus = 20001, Loki = 3100, Tempo = 20003, OtlpGrpc = 20004, OtlpHttp = 20005, Zipkin = 20006,
                JaegerThrift = 20007, JaegerGrpc = 20008, Alertmanager = 20009, Collector = 20010, Services = 20020,
            },
            ports);
    }

    [Fact]
    public void TheFirstPortOfTheEnvironmentMovesThoseOfTheFileToo()
    {
        var ports = SettingsReader.Read(Shipped("stack.json"),
            new Dictionary<string, string> { ["STACK__PORTS__FIRST"] = "20000", ["STACK__PORTS__TEMPO"] = "3200" }).Ports;
        Assert.Equal((20000, 20001, 3200, 20020), (ports.Grafana, ports.Prometheus, ports.Tempo, ports.Services));
    }

    [Theory]
    [InlineData("{}", null, false)]
    [InlineData("""{ "ports": { "first": 20000, "services": 9000 } }""", null, false)]
    [InlineData("""{ "ports": { "first": 20000 } }""", "STACK__PORTS__GRAFANA", false)]
    [InlineData("{}", "STACK__PORTS__FIRST", true)]
    [InlineData("{}", "STACK__PORTS__SERVICES", true)]
    public void OnlyTheEnvironmentMovesTheServices(string json, string? variable, bool moved)
        => Assert.Equal(moved, (variable is null ? Parse(json) : Parse(json, (variable, "20100"))).MovesServices);

    [Fact]
    public void AFirstPortThatMovesNothingIsAFault()
    {
        var ports = new JsonObject { ["first"] = 20000 };
        foreach (var key in SettingsSchema.Keys.Where(key => key.Offset is not null))
            ports[key.Name] = JsonNode.Parse(key.Default.GetRawText());
        Assert.Equal(
            ["stack.json: ports.first: 20000 moves nothing, because every port has a key of its own; remove those that are to move"],
            Assert.Throws<FaultException>(() => Parse(new JsonObject { ["ports"] = ports }.ToJsonString())).Faults);
    }

    [Fact]
    public void AMovedPortThatMeetsAnotherIsAFault()
        => Assert.Equal(
            ["stack.json: ports.loki: 3100 is also ports.prometheus; give every port its own number"],
            Assert.Throws<FaultException>(() => Parse("""{ "ports": { "first": 3099, "loki": 3100 } }""")).Faults);

    [Fact]
    public void EveryKeyCanBeOverridden()
    {
        foreach (var key in SettingsReader.Keys)
        {
            var variable = SettingsReader.EnvironmentPrefix + key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();
            var faults = Record.Exception(() => Parse("{}", (variable, "\u0001")));
            Assert.True(faults is FaultException { Faults: var lines } && lines.Any(line => line.Contains(variable, StringComparison.Ordinal)),
                $"{variable} was not read");
        }
    }

    [Fact]
    public void APasswordFileWins()
    {
        var folder = Directory.CreateTempSubdirectory("micromonitored-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "secret"), "s3cret\n");
            var settings =
                SettingsReader.Parse("""{ "grafana": { "password": "other", "passwordFile": "secret" } }""", "stack.json", folder.FullName, NoVariables);
            Assert.Equal("s3cret", settings.Grafana.Password);
            Assert.DoesNotContain("s3cret", settings.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void AMissingFileIsAFault()
        => Assert.Contains("--settings=<file>", Assert.Throws<FaultException>(() => SettingsReader.Read("/nowhere/stack.json", NoVariables)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void AnyTextEitherParsesOrIsAFault()
        => Gen.String[0, 60].Sample(text =>
        {
            try
            {
                Parse(text);
            }
            catch (FaultException fault)
            {
                Assert.All(fault.Faults, line => Assert.DoesNotContain('\n', line));
            }
        });

    [Fact]
    public void DurationsRoundTrip()
        => Gen.Select(Gen.Int[1, 292], Gen.Int[0, 6].Select(index => new[] { "ms", "s", "m", "h", "d", "w", "y" }[index])).Sample((count, unit) =>
        {
            Assert.True(PrometheusDuration.TryParse(count.ToString(CultureInfo.InvariantCulture) + unit, out var duration));
            Assert.True(PrometheusDuration.TryParse(duration.GoText, out var again));
            Assert.Equal(duration.Value, again.Value);
        });

    [Theory]
    [InlineData("2s", 2)]
    [InlineData("1h30m", 5400)]
    [InlineData("15d", 1296000)]
    [InlineData("500ms", 0.5)]
    public void DurationsAreRead(string text, double seconds) => Assert.Equal(seconds, PrometheusDuration.Parse(text).Value.TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1m1h")]
    [InlineData("-1s")]
    [InlineData("0s")]
    [InlineData("1s ")]
    [InlineData("1.5s")]
    [InlineData("9999999999s")]
    public void NoDuration(string text) => Assert.False(PrometheusDuration.TryParse(text, out _));

    private static IEnumerable<string> Properties(Type type, string prefix = "")
        => SettingsJson.Default.GetTypeInfo(type)!.Properties.Where(property => property.Get is not null || property.Set is not null).SelectMany(property
            => property.PropertyType.Namespace == typeof(StackSettings).Namespace && property.PropertyType is { IsEnum: false, IsValueType: false }
                ? Properties(property.PropertyType, property.Name + ".")
                : [prefix + property.Name]);

    private static StackSettings Parse(string json, params (string Name, string Value)[] variables)
        => SettingsReader.Parse(json, "stack.json", "/", variables.ToDictionary(pair => pair.Name, pair => pair.Value));

    private static string Shipped(string file) => Path.Combine(AppContext.BaseDirectory, "stack", file);
}
