using System.Text.RegularExpressions;
using MicroMonitored.Model.Components;
using Stack.Tests.Rendering;

namespace Stack.Tests.Components;

/// <summary>One list says what the stack is made of, and nobody keeps another.</summary>
public sealed partial class ComponentTests
{
    [Fact]
    public void Docker_runs_them_all_and_the_embedded_engine_those_that_it_answers_for()
    {
        var settings = RenderedStack.Settings();
        Assert.Equal(["prometheus", "loki", "promtail", "collector", "tempo", "grafana", "alertmanager"], Names(StackEngine.Docker));
        Assert.Equal(["prometheus", "loki", "tempo", "page"], Names(StackEngine.Embedded));

        IEnumerable<string> Names(StackEngine engine) => Component.Of(engine, settings).Select(component => component.NameOn(engine));
    }

    [Fact]
    public void Without_alerting_Alertmanager_is_nowhere_but_its_port_stays_taken()
    {
        var settings = RenderedStack.Settings(("STACK__ALERTING__ENABLED", "false"));
        Assert.DoesNotContain(Component.Alertmanager, Component.Of(StackEngine.Docker, settings));
        Assert.DoesNotContain(Component.PortsOf(StackEngine.Docker, settings), port => port.Component == Component.Alertmanager);
        Assert.Contains(KeyValuePair.Create("ports.alertmanager", 9093), Component.TakenPorts(settings));
    }

    [Fact]
    public void Each_engine_takes_its_ports_and_no_other()
    {
        var settings = RenderedStack.Settings();
        Assert.Equal([9090, 3100, 13133, 4317, 4318, 3200, 9411, 14268, 14250, 3000, 9093], Ports(StackEngine.Docker));
        Assert.Equal([9090, 3100, 3200, 4317, 4318, 9411, 14268, 3000], Ports(StackEngine.Embedded));

        IEnumerable<int> Ports(StackEngine engine) => Component.PortsOf(engine, settings).Select(port => port.Number);
    }

    [Fact]
    public void A_component_is_ready_where_its_own_API_says_so()
    {
        var settings = RenderedStack.Settings(("STACK__PORTS__FIRST", "20000"));
        Assert.Equal(
            [
                "http://127.0.0.1:20001/-/ready", "http://127.0.0.1:20002/ready", null, "http://127.0.0.1:20010/",
                "http://127.0.0.1:20003/ready", "http://127.0.0.1:20000/api/health", "http://127.0.0.1:20009/-/ready",
            ],
            Component.Of(StackEngine.Docker, settings).Select(component => component.Ready(settings)?.ToString()));
    }

    [Theory]
    [InlineData("http://host:9090", "/api/v1/query?query=up", "http://host:9090/api/v1/query?query=up", null)]
    [InlineData("https://host/prometheus", "api/v1/query", "https://host/prometheus/api/v1/query", null)]
    [InlineData("https://ann:p%40ss@host/loki/", "/ready", "https://host/loki/ready", "Basic YW5uOnBAc3M=")]
    public void An_endpoint_keeps_its_path_and_its_credentials_to_itself(string text, string path, string address, string? authorization)
    {
        var endpoint = Endpoint.Parse(text);
        Assert.Equal(address, endpoint.At(path).ToString());
        Assert.Equal(authorization, endpoint.Credentials is { } credentials ? $"{credentials.Scheme} {credentials.Parameter}" : null);
        Assert.DoesNotContain("p@ss", endpoint + endpoint.Credentials?.ToString(), StringComparison.Ordinal);
        Assert.False(endpoint.IsLocal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("host:9090")]
    [InlineData("ftp://host")]
    public void An_endpoint_that_is_no_web_address_is_a_fault(string text)
        => Assert.Contains("use an http:// or https:// address", Assert.Throws<MicroMonitored.Model.FaultException>(() => Endpoint.Parse(text)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Nobody_asks_for_an_engine_by_name_or_keeps_a_list_of_ports_of_its_own()
    {
        var sources = new[] { "stack", "build" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or "Model"));
        Assert.All(sources, file => Assert.DoesNotMatch(ByName(), File.ReadAllText(file)));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex("""
        \bis (not )?(DockerEngine|EmbeddedEngine)\b|[!=]= "(docker|embedded)"|\bis (not )?\(?"(docker|embedded|alertmanager|jaegerGrpc|otlpGrpc)"|"jaegerGrpc"
        """)]
    private static partial Regex ByName();
}
