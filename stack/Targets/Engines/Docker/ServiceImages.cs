using Cake.Core;
using Cake.Core.IO;
using Cake.Docker;
using MicroMonitored.Model.Services;
using Path = System.IO.Path;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>Publishes the services on the host and puts each into an image; does nothing for an image that is current.</summary>
internal sealed class ServiceImages(BuildContext context, DockerCli docker)
{
    /// <summary>The stage of a service's Dockerfile that takes the published folder as it is; the stages after it build by themselves.</summary>
    private const string PublishedStage = "published";
    private const string StampLabel = "micromonitored.program";

    /// <summary>The local image of a service.</summary>
    public static string Of(BuildContext context, DiscoveredService service) => $"{context.Settings.Names.Project}/{service.Name}:local";

    /// <exception cref="CakeException">A service does not compile, has no Dockerfile or its image cannot be built.</exception>
    public void Build()
    {
        if (context.Services.Count == 0)
            return;
        var outdated = context.Services.Where(service => !IsCurrent(service, Stamp(service))).ToList();
        if (outdated.Count == 0)
            return;
        Compilation.Publish(context, "the services' publishing", Path.Combine(context.Paths.Run, "services.slnx"),
            [.. outdated.Select(service => service.ProjectFile)]);
        foreach (var service in outdated)
            BuildImage(service, Stamp(service));
    }

    private string Stamp(DiscoveredService service) => Sources.Stamp(context, service)[..16] + "-" + context.Settings.Images.Runtime;

    private bool IsCurrent(DiscoveredService service, string stamp)
        => docker.Ask($"image inspect --format \"{{{{index .Config.Labels \\\"{StampLabel}\\\"}}}}\" {Of(context, service)}") is [var label, ..]
            && label.Trim() == stamp;

    private void BuildImage(DiscoveredService service, string stamp)
    {
        var dockerfile = Path.Combine(service.ProjectFolder, "Dockerfile");
        if (!System.IO.File.Exists(dockerfile))
            throw new CakeException($"{context.Paths.Shown(dockerfile)} is missing; copy the one of another service and name {service.ProjectName}.dll in it");
        docker.Call(
            $"building the image of {service.Name}",
            "see its Dockerfile, and images.runtime in stack/stack.json",
            new DockerImageBuildSettings
            {
                File = dockerfile,
                Target = PublishedStage,
                Tag = [Of(context, service)],
                BuildArg = [$"RUNTIME={context.Settings.Images.Runtime}"],
                Label = [$"{StampLabel}={stamp}", $"micromonitored.service={service.Name}"],
            },
            settings => context.DockerBuild(settings, DockerCli.Quoted(context.Paths.Published(service.ProjectName))));
    }
}
