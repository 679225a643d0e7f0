using System.Diagnostics;
using Instrumentation.Tests.Requests;
using MicroMonitored.Instrumentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Instrumentation.Tests;

/// <summary>What exceptions tell of secrets.</summary>
[Collection(OneHost.AtATime)]
public sealed class RedactionTests
{
    private const string Told = "GET https://ada:s3cr3t-0@shop/orders?access_token=s3cr3t-1&page=s3cr3t-2 with Bearer s3cr3t-3 and Password=s3cr3t-4;";
    private const string Safe = "GET https://Redacted@shop/orders?access_token=Redacted&page=Redacted with Bearer Redacted and Password=Redacted;";

    [Theory]
    [InlineData(Told, Safe)]
    [InlineData("Host=db;Username=shop;Password='a b';Timeout=5", "Host=db;Username=shop;Password='Redacted b';Timeout=5")]
    [InlineData("AccountKey=YWJjZGVm==;EndpointSuffix=x", "AccountKey=Redacted;EndpointSuffix=x")]
    [InlineData("""{"user":"ada","password": "s3cr3t","api_key":"k"}""", """{"user":"ada","password": "Redacted","api_key":"Redacted"}""")]
    [InlineData("Authorization: Basic YWRhOnMzY3IzdA==\nHost: shop", "Authorization: Redacted\nHost: shop")]
    [InlineData("Cookie: session=s3cr3t; theme=dark", "Cookie: Redacted")]
    [InlineData("client_secret=s3cr3t", "client_secret=Redacted")]
    [InlineData("Unexpected token: '}' at 3, the secret: none", "Unexpected token: '}' at 3, the secret: none")]
    [InlineData("Could not load System.Runtime, PublicKeyToken=b03f5f7f11d50a3a", "Could not load System.Runtime, PublicKeyToken=b03f5f7f11d50a3a")]
    [InlineData("what? basic things: a=b", "what? basic things: a=b")]
    public void A_text_keeps_all_but_what_is_secret(string text, string safe)
    {
        Assert.Equal(safe, Redaction.Of(text));
        Assert.Equal(safe, Redaction.Of(safe));
    }

    [Theory]
    [InlineData("no handler")]
    [InlineData("problem details")]
    [InlineData("the page of Development")]
    [InlineData("the code itself")]
    public async Task No_signal_of_a_service_tells_them(string handledBy)
    {
        var recorded = await Recorded.ByUsAsync(new Scenario("throws a secret", "/orders/{id}", handledBy == "the code itself" ? 200 : 500)
        {
            Configure = static builder => builder.Services.AddProblemDetails(),
            Use = app => _ = handledBy switch
            {
                "problem details" => app.UseExceptionHandler(),
                "the page of Development" => app.UseDeveloperExceptionPage(),
                _ => app,
            },
            Map = app => app.MapGet("/orders/{id}", (string id) =>
            {
                var fault = new InvalidOperationException(Told, new FormatException("token=s3cr3t-5"));
                if (handledBy != "the code itself")
                    throw fault;
                Activity.Current!.AddException(fault);
                app.Logger.LogError(fault, "Order {Id}", id);
                return id;
            }),
        });

        var told = Assert.Single(recorded.Span.Events, static occurred => occurred.Name == "exception").Tags.ToDictionary();
        Assert.Equal(("System.InvalidOperationException", Safe), (told["exception.type"], told["exception.message"]));
        var lines = recorded.Lines.Where(static line => line.TryGetProperty("exception", out _)).ToList();
        Assert.NotEmpty(lines);
        Assert.All(lines, static line => Assert.Equal(
            ("System.InvalidOperationException", Safe),
            (line.GetProperty("exception_type").GetString(), line.GetProperty("exception_message").GetString())));
        Assert.All([(string)told["exception.stacktrace"]!, .. lines.Select(static line => line.GetProperty("exception").GetString()!)], static text =>
        {
            Assert.StartsWith($"System.InvalidOperationException: {Safe}", text, StringComparison.Ordinal);
            Assert.Contains("System.FormatException: token=Redacted", text, StringComparison.Ordinal);
        });
        Assert.DoesNotContain(recorded.Lines, static one => one.GetRawText().Contains("s3cr3t", StringComparison.Ordinal));
    }

    [Fact]
    public void An_exception_that_cannot_be_printed_is_left_as_it_is() => Assert.Null(Redaction.Of(new Unprintable()));

    private sealed class Unprintable : Exception
    {
        public override string ToString() => throw new NotSupportedException();
    }
}
