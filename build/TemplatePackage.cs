using MicroMonitored.Targets;
using Cake.Core;
using Cake.Core.IO;
using Path = System.IO.Path;

namespace Build;

/// <summary>The template package of this checkout: packed, installed, instantiated.</summary>
public static class TemplatePackage
{
    private const string Id = "MicroMonitored.Templates";

    /// <summary>Packs the templates and returns the package's path.</summary>
    public static string Pack(BuildContext context)
    {
        var folder = Path.Combine(context.Paths.Artifacts, "packages");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        context.Capture(
            "the templates' packing",
            "dotnet",
            new ProcessArgumentBuilder()
                .Append("pack").AppendQuoted(Path.Combine(context.Paths.Root, "templates", Id + ".csproj"))
                .Append("--configuration").Append("Release").Append("--output").AppendQuoted(folder)
                .Append("--nologo").Append("--verbosity").Append("quiet").Append("-nodeReuse:false").Append("-p:UseSharedCompilation=false"),
            context.Paths.Root);
        return Package(context);
    }

    /// <summary>Installs the package into a hive of its own, or into the user's where null.</summary>
    /// <exception cref="CakeException">The template engine did not take the package.</exception>
    public static void Install(BuildContext context, string? hive)
    {
        // Installing over the same version leaves two entries, which the template engine then refuses to choose from.
        if (hive is not null && Directory.Exists(hive))
            Directory.Delete(hive, recursive: true);
        if (hive is null && context.Capture("the list of installed templates", "dotnet", new ProcessArgumentBuilder().Append("new").Append("uninstall")).Any(line => line.Trim() == Id))
            context.Capture("the removal of the old templates", "dotnet", new ProcessArgumentBuilder().Append("new").Append("uninstall").Append(Id));
        var output = context.Capture("the templates' installation", "dotnet", new ProcessArgumentBuilder().Append("new").Append("install").AppendQuoted(Package(context)).In(hive));
        if (!output.Any(line => line.Contains("micro-monitored", StringComparison.Ordinal)))
            throw new CakeException($"the templates' installation did not list micro-monitored:{Environment.NewLine}{string.Join(Environment.NewLine, output)}");
    }

    /// <summary>Creates a repository from the installed template.</summary>
    public static void Instantiate(BuildContext context, string name, string folder, string hive)
        => context.Capture("dotnet new micro-monitored", "dotnet", new ProcessArgumentBuilder().Append("new").Append("micro-monitored").Append("--name").AppendQuoted(name).Append("--output").AppendQuoted(folder).Append("--no-update-check").Append("--no-restore").In(hive));

    private static string Package(BuildContext context)
        => Directory.EnumerateFiles(Path.Combine(context.Paths.Artifacts, "packages"), Id + ".*.nupkg").Single();

    private static ProcessArgumentBuilder In(this ProcessArgumentBuilder arguments, string? hive)
        => hive is null ? arguments : arguments.Append("--debug:custom-hive").AppendQuoted(hive);
}
