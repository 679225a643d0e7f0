using CsCheck;
using MicroMonitored.Instrumentation;
using Microsoft.Extensions.Hosting;

namespace Instrumentation.Tests;

public sealed class ServiceNameTests
{
    [Theory]
    [InlineData("Shop.Orders", "shop-orders")]
    [InlineData("my_shop.Orders", "my-shop-orders")]
    [InlineData("2Shop.Orders", "svc-2shop-orders")]
    public void A_name_is_lower_case_and_fit_for_dns(string project, string expected)
        => Assert.Equal(expected, ServiceName.Derive(project));

    [Fact]
    public void The_stack_derives_the_same_name()
        => Gen.String.Sample(static project => Assert.Equal(MicroMonitored.Model.Services.ServiceName.Derive(project), ServiceName.Derive(project)));

    [Theory]
    [InlineData("shop-orders")]
    [InlineData("by-variable", "--OTEL_SERVICE_NAME=by-variable", "--OTEL_RESOURCE_ATTRIBUTES=service.name=by-attribute")]
    [InlineData("by-attribute", "--OTEL_RESOURCE_ATTRIBUTES=team=a,service.name=by-attribute")]
    public void The_standard_variables_name_the_service_before_its_assembly_does(string expected, params string[] arguments)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "Shop.Orders", Args = arguments });
        Assert.Equal(expected, ServiceName.Of(builder.Configuration, builder.Environment));
    }
}
