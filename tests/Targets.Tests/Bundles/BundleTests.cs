using System.Formats.Tar;
using System.Text.Json;
using MicroMonitored.Model;
using MicroMonitored.Targets.Tasks;
using Targets.Tests.Engines;

namespace Targets.Tests.Bundles;

/// <summary>From a machine with a network to one without: whole, or one line for each fault and nothing loaded.</summary>
public sealed class BundleTests : IDisposable
{
    private readonly SimulatedStack _stack = new();

    public BundleTests()
    {
        Directory.CreateDirectory(_stack.Paths.Feed);
        File.WriteAllText(Path.Combine(_stack.Paths.Feed, "MicroMonitored.Model.1.2.3.nupkg"), "a package");
        File.WriteAllText(_stack.Paths.Versions, "<Project><PropertyGroup><MicroMonitoredVersion>1.2.3</MicroMonitoredVersion></PropertyGroup></Project>");

        var cache = Directory.CreateDirectory(Path.Combine(_stack.Paths.Root, "cache", "some.package", "4.5.6"));
        File.WriteAllText(Path.Combine(cache.FullName, "some.package.4.5.6.nupkg"), "another");
        var restored = Directory.CreateDirectory(Path.Combine(_stack.Paths.Artifacts, "obj", "Shop.Orders"));
        File.WriteAllText(Path.Combine(restored.FullName, "project.assets.json"), JsonSerializer.Serialize(new
        {
            libraries = new Dictionary<string, object> { ["Some.Package/4.5.6"] = new { type = "package" }, ["Shop/1.0.0"] = new { type = "project" } },
            packageFolders = new Dictionary<string, object> { [Path.Combine(_stack.Paths.Root, "cache")] = new { } },
            project = new { frameworks = new Dictionary<string, object> { ["net10.0"] = new { } } },
        }));
    }

    private string Bundled => Path.Combine(_stack.Paths.Root, "shop.tar");

    public void Dispose() => _stack.Dispose();

    [Fact]
    public async Task What_was_saved_is_loaded_and_Up_pulls_nothing()
    {
        _stack.Docker.Images.Remove("grafana/loki:3.7.7");
        Save();
        Assert.Contains("Pulling grafana/loki:3.7.7…", _stack.Said, StringComparison.Ordinal);
        Assert.Contains("Saved 8 images and 2 packages into shop.tar, ", _stack.Said, StringComparison.Ordinal);
        _stack.Docker.Images.Clear();
        Directory.Delete(_stack.Paths.Feed, recursive: true);

        new Bundle().Run(_stack.Context(("load", Bundled)));

        Assert.Equal("a package", await File.ReadAllTextAsync(Path.Combine(_stack.Paths.Feed, "MicroMonitored.Model.1.2.3.nupkg"), Cancellation));
        Assert.Equal("another", await File.ReadAllTextAsync(Path.Combine(_stack.Paths.Artifacts, "offline", "some.package.4.5.6.nupkg"), Cancellation));
        _stack.CommandLines();
        await new Up().RunAsync(_stack.Context(("engine", "docker")));
        Assert.DoesNotContain(_stack.CommandLines(), line => line.StartsWith("docker pull", StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(_stack.Paths.Artifacts, "bundle", "work")));
    }

    [Fact]
    public void A_file_that_is_not_there_is_no_bundle()
        => Refused($"--load={Bundled}: there is no such file; give one that the Bundle target made");

    [Theory]
    [InlineData("")]
    [InlineData("no tar file at all")]
    public void A_file_of_something_else_is_no_bundle(string text)
    {
        File.WriteAllText(Bundled, text);

        Refused($"{Bundled} is no bundle, or is damaged (");
    }

    [Fact]
    public void A_file_that_was_cut_short_is_damaged()
    {
        Save();
        var bytes = File.ReadAllBytes(Bundled);
        File.WriteAllBytes(Bundled, bytes[..(bytes.Length / 2)]);

        Refused(Bundled);
    }

    [Fact]
    public void Each_file_that_is_not_what_the_manifest_says_is_named()
    {
        Save();
        Rewrite((name, content) => name == "images.tar" ? [.. content[..^1], 7] : name.StartsWith("feed/", StringComparison.Ordinal) ? null : content);

        Refused($"{Bundled}: feed/MicroMonitored.Model.1.2.3.nupkg is missing; copy the bundle again", $"{Bundled}: images.tar has the checksum ");
    }

    [Fact]
    public void What_the_manifest_does_not_name_is_not_unpacked()
    {
        Save();
        using (var tar = new TarWriter(File.Open(Bundled, FileMode.Create)))
        {
            ImageFile.Add(tar, "manifest.json", """{ "version": "1.2.3", "images": [], "files": [] }"""u8);
            ImageFile.Add(tar, "../escaped", "x"u8);
        }

        Refused($"{Bundled} is no bundle, or is damaged (../escaped is not in its manifest); copy the bundle again");
        Assert.False(File.Exists(Path.Combine(_stack.Paths.Artifacts, "bundle", "escaped")));
    }

    [Fact]
    public void Each_image_that_it_lacks_is_named_and_so_is_another_version()
    {
        Save();
        _stack.Variables["STACK__IMAGES__LOKI"] = "grafana/loki:3.8.0";
        _stack.Variables["STACK__IMAGES__TEMPO"] = "grafana/tempo:3.1.0";
        File.WriteAllText(_stack.Paths.Versions, "<Project><PropertyGroup><MicroMonitoredVersion>1.3.0</MicroMonitoredVersion></PropertyGroup></Project>");

        Refused(
            $"{Bundled} is of version 1.2.3, this repository of 1.3.0; make the bundle again from this one",
            $"{Bundled} has no grafana/loki:3.8.0 (images.loki); make the bundle again with the settings of this repository",
            $"{Bundled} has no grafana/tempo:3.1.0 (images.tempo); make the bundle again with the settings of this repository");
    }

    [Fact]
    public void An_image_that_no_file_keeps_is_refused_before_anything_is_written()
    {
        _stack.Docker.Nameless.Add("grafana/tempo:3.0.3");
        Assert.Equal(
            ["docker save did not keep grafana/tempo:3.0.3 (images.tempo) by that name; name another tag"], Assert.Throws<FaultException>(Save).Faults);

        _stack.Variables["STACK__IMAGES__LOKI"] = $"grafana/loki:3.7.7@sha256:{new string('a', 64)}";
        Assert.EndsWith("names a digest, which docker save does not keep; name a tag alone", Assert.Single(Assert.Throws<FaultException>(Save).Faults),
            StringComparison.Ordinal);
        Assert.False(File.Exists(Bundled));
    }

    [Fact]
    public void Without_an_engine_it_says_so()
    {
        _stack.Docker.Answers = false;

        Assert.StartsWith("Bundle cannot run: no Docker engine answers (", Assert.Single(Assert.Throws<FaultException>(Save).Faults), StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private void Save() => new Bundle().Run(_stack.Context(("to", Bundled)));

    private void Refused(params string[] beginnings)
    {
        _stack.CommandLines();
        var faults = Assert.Throws<FaultException>(() => new Bundle().Run(_stack.Context(("load", Bundled)))).Faults;

        Assert.Equal(beginnings.Length, faults.Count);
        Assert.All(faults.Zip(beginnings), pair => Assert.StartsWith(pair.Second, pair.First, StringComparison.Ordinal));
        Assert.All(faults, fault => Assert.DoesNotContain('\n', fault));
        Assert.DoesNotContain(_stack.CommandLines(),
            line => line.StartsWith("docker load", StringComparison.Ordinal) || line.StartsWith("dotnet", StringComparison.Ordinal));
    }

    private void Rewrite(Func<string, byte[], byte[]?> change)
    {
        var entries = new List<(string Name, byte[] Content)>();
        using (var tar = new TarReader(File.OpenRead(Bundled)))
        {
            while (tar.GetNextEntry() is { } entry)
            {
                using var content = new MemoryStream();
                entry.DataStream!.CopyTo(content);
                entries.Add((entry.Name, content.ToArray()));
            }
        }

        using var changed = new TarWriter(File.Open(Bundled, FileMode.Create));
        foreach (var (name, content) in entries)
        {
            if (change(name, content) is { } bytes)
                ImageFile.Add(changed, name, bytes);
        }
    }
}
