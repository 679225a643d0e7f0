using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace Instrumentation.Tests;

[Collection(OneHost.AtATime)]
public sealed class MonitoringExtensionsTests
{
    private const string Retry = "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY";

    [Theory]
    [InlineData("Production", "in_memory")]
    [InlineData("Development", "")]
    [InlineData("Development", "disk", $"--{Retry}=disk")]
    public void Spans_that_nobody_took_are_sent_again_unless_a_person_waits(string environment, string retry, params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment, Args = arguments });
        builder.AddMonitoring();
        Assert.Equal(retry, builder.Configuration[Retry]);
    }
}
