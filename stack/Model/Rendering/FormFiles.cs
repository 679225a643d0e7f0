using System.Reflection;

namespace MicroMonitored.Model.Rendering;

/// <summary>What a form beyond one machine is rendered from besides <c>stack/assets</c>: it comes with this package, as a start for a team's own.</summary>
internal static class FormFiles
{
    private const string Kubernetes = "kubernetes/";
    private const string Dashboards = "grafana/dashboards/";
    private static readonly Assembly Package = typeof(FormFiles).Assembly;

    /// <summary>The files of a model's form.</summary>
    public static IEnumerable<(string Path, string File, Func<byte[]> Read)> Of(StackModel model)
    {
        var folder = model.Form switch
        {
            StackForm.ComposeHa => "forms/compose-ha/",
            StackForm.Kubernetes => "forms/kubernetes/",
            _ => null,
        };
        return folder is null ? [] : Package.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && (model.UsesMimir || !name.Contains("/mimir/", StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)
            .Select(name => ((model.Form == StackForm.Kubernetes ? Kubernetes : "") + name[folder.Length..], name, (Func<byte[]>)(() => Read(name))));
    }

    /// <summary>What is written of everything rendered: on Kubernetes the charts bring what Compose would mount.</summary>
    public static SortedDictionary<string, byte[]> Written(StackModel model, SortedDictionary<string, byte[]> contents)
    {
        if (model.Form != StackForm.Kubernetes)
            return contents;
        var written = contents.Where(file => file.Key.StartsWith(Kubernetes, StringComparison.Ordinal))
            .Select(file => KeyValuePair.Create(file.Key[Kubernetes.Length..], file.Value))
            .Concat(contents.Where(file => file.Key.StartsWith(Dashboards, StringComparison.Ordinal))
                .Select(file => KeyValuePair.Create("stack/dashboards/" + file.Key[Dashboards.Length..], file.Value)));
        return new SortedDictionary<string, byte[]>(written.ToDictionary(), StringComparer.Ordinal);
    }

    private static byte[] Read(string name)
    {
        using var stream = Package.GetManifestResourceStream(name)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
