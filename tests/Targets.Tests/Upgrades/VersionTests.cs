using MicroMonitored.Model;
using MicroMonitored.Targets.Upgrades;

namespace Targets.Tests.Upgrades;

public sealed class VersionTests
{
    private const string Team = """
        <Project>
          <!-- Ours: <PackageVersion Include="A" Version="0.1" /> -->
          <PropertyGroup>
            <MicroMonitoredVersion>0.2.0</MicroMonitoredVersion>
            <OtelVersion>1.20.1</OtelVersion>
          </PropertyGroup>
          <ItemGroup>
            <PackageVersion   Include='A'   Version='1.0.0' />   <!-- why -->
            <PackageVersion Include="B" Version="3.0.0"/>
            <PackageVersion Version = "1.9" Include="C" />
            <PackageVersion Include="D" Version="$(OtelVersion)" />
            <PackageVersion Include="E" Version="[1.0.0]" />
            <PackageVersion Include="F" Version="1.0.0" Condition="'$(TargetFramework)' == 'net8.0'" />
            <PackageVersion Include="Team.Own" Version="7.0.0" />
            <PackageVersion Include="MicroMonitored.Targets" Version="$(MicroMonitoredVersion)" />
          </ItemGroup>
        </Project>

        """;

    private const string Shipped = """
        <Project>
          <PropertyGroup>
            <MicroMonitoredVersion>0.3.0</MicroMonitoredVersion>
            <OpenTelemetryVersion>1.21.0</OpenTelemetryVersion>
          </PropertyGroup>
          <ItemGroup>
            <PackageVersion Include="A" Version="1.0.1" />
            <PackageVersion Include="B" Version="2.0.0" />
            <PackageVersion Include="C" Version="1.10" />
            <PackageVersion Include="D" Version="$(OpenTelemetryVersion)" />
            <PackageVersion Include="E" Version="2.0.0" />
            <PackageVersion Include="F" Version="2.0.0" />
            <PackageVersion Include="New" Version="1.0.0" />
            <PackageVersion Include="MicroMonitored.Targets" Version="$(MicroMonitoredVersion)" />
          </ItemGroup>
        </Project>
        """;

    [Fact]
    public void Only_what_is_pinned_higher_is_raised_and_nothing_around_it_moves()
    {
        var (text, changes) = CentralVersions.Raise(Team, Shipped, "Directory.Packages.props");

        Assert.Equal(["MicroMonitoredVersion 0.2.0 to 0.3.0", "OtelVersion 1.20.1 to 1.21.0", "A 1.0.0 to 1.0.1", "C 1.9 to 1.10"], changes);
        Assert.Equal(
            Team.Replace("<MicroMonitoredVersion>0.2.0", "<MicroMonitoredVersion>0.3.0", StringComparison.Ordinal)
                .Replace("1.20.1", "1.21.0", StringComparison.Ordinal)
                .Replace("'1.0.0' />", "'1.0.1' />", StringComparison.Ordinal).Replace("\"1.9\"", "\"1.10\"", StringComparison.Ordinal),
            text);
        var windows = Team.ReplaceLineEndings("\r\n");
        Assert.Equal(text.ReplaceLineEndings("\r\n"), CentralVersions.Raise(windows, Shipped, "Directory.Packages.props").Text);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_package_of_ours_that_is_new_gets_its_line_below_the_others(string lineEnd)
    {
        const string own = """    <PackageVersion Include="MicroMonitored.Targets" Version="$(MicroMonitoredVersion)" />""";
        const string added = """    <PackageVersion Include="MicroMonitored.Testing" Version="$(MicroMonitoredVersion)" />""";
        var shipped = Shipped.Replace(own, $"{own}\n{added}", StringComparison.Ordinal);
        var (text, changes) = CentralVersions.Raise(Team.ReplaceLineEndings(lineEnd), shipped, "Directory.Packages.props");

        Assert.Equal("MicroMonitored.Testing added", changes[^1]);
        var raised = CentralVersions.Raise(Team.ReplaceLineEndings(lineEnd), Shipped, "Directory.Packages.props").Text;
        Assert.Equal(raised.Replace(own + lineEnd, own + lineEnd + added + lineEnd, StringComparison.Ordinal), text);
        Assert.Equal((text, 0), (CentralVersions.Raise(text, shipped, "Directory.Packages.props") is var (again, more) ? (again, more.Count) : default));
    }

    [Theory]
    [InlineData("<Project><", "Directory.Packages.props is not XML")]
    [InlineData("<Project />", "Directory.Packages.props has no <MicroMonitoredVersion>")]
    public void A_broken_file_is_named(string text, string expected)
    {
        var fault = Assert.Throws<FaultException>(() => CentralVersions.Raise(text, Shipped, "Directory.Packages.props"));
        Assert.StartsWith(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.2.0", "0.10.0", -1)]
    [InlineData("0.2.0-dev.c1", "0.2.0", -1)]
    [InlineData("1.0.0-beta.2", "1.0.0-beta.10", -1)]
    [InlineData("1.0.0-beta", "1.0.0-beta.1", -1)]
    [InlineData("1.0.0-1", "1.0.0-alpha", -1)]
    [InlineData("1.0", "1.0.0.0", 0)]
    [InlineData("0.2.0-dev.cffff", "0.2.0-dev.c0000", 0)]
    public void Versions_are_ordered_as_nuget_orders_them_but_local_builds_are_not(string one, string other, int order)
    {
        Assert.Equal(order, Math.Sign(VersionNumber.Of(one)!.CompareTo(VersionNumber.Of(other))));
        Assert.Equal(-order, Math.Sign(VersionNumber.Of(other)!.CompareTo(VersionNumber.Of(one))));
    }

    [Theory]
    [InlineData("[1.0.0]")]
    [InlineData("1.*")]
    [InlineData("$(X)")]
    [InlineData("../folder")]
    public void What_is_no_version_is_none(string text) => Assert.Null(VersionNumber.Of(text));
}
