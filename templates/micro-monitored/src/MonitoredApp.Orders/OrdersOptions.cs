using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MonitoredApp.Orders;

/// <summary>The configuration section <c>Orders</c>.</summary>
internal sealed class OrdersOptions
{
    public const string Section = "Orders";

    /// <summary>How many orders are kept; the oldest go first.</summary>
    [Range(1, 1_000_000)]
    public int Capacity { get; set; } = 1000;
}

[OptionsValidator]
internal sealed partial class OrdersOptionsValidator : IValidateOptions<OrdersOptions>;
