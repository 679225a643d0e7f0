using MicroMonitored.Verification;
using MicroMonitored.Verification.Contracts;

namespace Verification.Tests.Contracts;

public sealed class EmittedLinesTests
{
    [Theory]
    [InlineData("Order 7f2 placed: 2 of apple", "Order {id} placed: {quantity} of {sku}", "id=7f2", "quantity=2", "sku=apple")]
    [InlineData("GET /orders 200 in 12.5 ms", "{method} {route} {status} in {number} ms", "method=GET", "route=/orders", "status=200", "took=12.53")]
    [InlineData("2 of 2", "{quantity} of {quantity}", "quantity=2", "trace_id=2")]
    [InlineData("v2 of item2", "v2 of item2", "quantity=2")]
    [InlineData("took 1,234.5 s, again 7", "took {number} s, again {number}")]
    [InlineData("", "")]
    public void The_template_of_a_message(string message, string template, params string[] fields)
        => Assert.Equal(template, EmittedLines.Template(
            fields.Select(field => field.Split('=')).Append(["message", message]).ToDictionary(pair => pair[0], pair => pair[1])));

    [Theory]
    [InlineData("Order * placed", "Order * placed", true)]
    [InlineData("Order * placed: 2 of apple", "Order * placed: * of *", true)]
    [InlineData("Order * placed: 2 of apple", "Order * refused: * of *", false)]
    [InlineData("*", "", true)]
    [InlineData("a*c", "ab*", true)]
    [InlineData("a*c", "b*", false)]
    [InlineData("a b c", "*", false)]
    [InlineData("a *", "a b c", true)]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "abd", false)]
    public void A_pattern_may_fit_what_a_template_makes(string pattern, string template, bool expected)
        => Assert.Equal(expected, Patterns.MayFit(pattern, template));
}
