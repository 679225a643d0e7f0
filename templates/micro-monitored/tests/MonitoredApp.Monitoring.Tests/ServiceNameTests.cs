namespace Monitoring.Tests;

public sealed class ServiceNameTests
{
    [Theory]
    [InlineData("Shop.Orders", "shop-orders")]
    [InlineData("my_shop.Orders", "my-shop-orders")]
    [InlineData("2Shop.Orders", "svc-2shop-orders")]
    public void A_name_is_lower_case_and_fit_for_dns(string project, string expected)
        => Assert.Equal(expected, ServiceName.Derive(project));
}
