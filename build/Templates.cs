using Cake.Core;
using Cake.Core.IO;
using MicroMonitored.Targets;

namespace Build;

/// <summary>The templates of a package in the template engine: installed, instantiated.</summary>
public static class Templates
{
    private const string Id = "MicroMonitored.Templates";

    /// <summary>Installs the package into a hive of its own, or into the user's where null.</summary>
    /// <exception cref="CakeException">The template engine did not take the package.</exception>
    public static void Install(BuildContext context, Packages packages, string? hive)
    {
        // Installing over another version leaves two entries, which the template engine then refuses to choose from.
        if (hive is not null && Directory.Exists(hive))
            Directory.Delete(hive, recursive: true);
        if (hive is null && context.Capture("the list of installed templates", "dotnet", New("uninstall")).Any(line => line.Trim() == Id))
            context.Capture("the removal of the old templates", "dotnet", New("uninstall").Append(Id));
        var output = context.Capture("the templates' installation", "dotnet", New("install").AppendQuoted(packages.Templates).In(hive));
        if (!output.Any(line => line.Contains("micro-monitored", StringComparison.Ordinal)))
            throw new CakeException(string.Join(Environment.NewLine, ["the templates' installation did not list micro-monitored:", .. output]));
    }

    /// <summary>Creates a repository from the installed template.</summary>
    public static void Instantiate(BuildContext context, string name, string folder, string hive)
        => context.Capture(
            "dotnet new micro-monitored",
            "dotnet",
            New("micro-monitored").Append("--name").AppendQuoted(name).Append("--output").AppendQuoted(folder)
                .Append("--no-update-check").Append("--no-restore").In(hive));

    private static ProcessArgumentBuilder New(string command) => new ProcessArgumentBuilder().Append("new").Append(command);

    private static ProcessArgumentBuilder In(this ProcessArgumentBuilder arguments, string? hive)
        => hive is null ? arguments : arguments.Append("--debug:custom-hive").AppendQuoted(hive);
}
