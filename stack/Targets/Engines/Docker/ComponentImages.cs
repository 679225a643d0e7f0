using Cake.Core;
using Cake.Docker;
using MicroMonitored.Model;
using MicroMonitored.Model.Components;

namespace MicroMonitored.Targets.Engines.Docker;

/// <summary>The images that the settings name: those the engine lacks, and how they come.</summary>
internal sealed class ComponentImages(BuildContext context, DockerCli docker)
{
    private static readonly string[] NoSuchImage =
    [
        "manifest unknown", "manifest for ", "not found", "repository does not exist", "access denied", "invalid reference format", "repository name must",
    ];

    private static readonly TimeSpan RegistryPatience = TimeSpan.FromSeconds(10);

    /// <summary>The images that the engine does not hold, each with the keys that name it.</summary>
    public IReadOnlyList<WantedImage> Missing()
    {
        var wanted = Wanted().ToList();
        return IsHere([.. wanted]) ? [] : [.. wanted.Where(image => !IsHere(image))];
    }

    /// <summary>The first image that is neither here nor to be had, or null.</summary>
    public WantedImage? Unreachable()
        => Missing().FirstOrDefault(image => docker.Ask($"manifest inspect {image.Reference}", RegistryPatience) is null);

    /// <summary>Brings the missing images, with Docker's own progress on the console.</summary>
    /// <exception cref="FaultException">Images do not come: a line for each that does not exist, and one for all whose registry cannot be reached.</exception>
    public void Pull()
    {
        var faults = new List<string>();
        var unreached = new List<WantedImage>();
        var reason = "";
        foreach (var image in Missing())
        {
            context.Say($"Pulling {image.Reference}…");
            var answer = DockerCli.Run(new DockerImagePullSettings(), settings => context.DockerPull(settings, image.Reference), shown: true);
            if (answer is not { Succeeded: false, Reason: var said })
                continue;
            if (docker.Gone(said) is { } gone)
                throw new FaultException($"{gone} while pulling {image.Reference}; start it and repeat the Up target");
            if (DiskSpace.IsShort(said))
                faults.Add($"pulling {image.Reference} ({image.Keys}) failed: {said}; {docker.MakeRoom}");
            else if (NoSuchImage.Any(phrase => said.Contains(phrase, StringComparison.OrdinalIgnoreCase)))
            {
                faults.Add($"the image {image.Reference} of {image.Keys} does not exist or may not be pulled ({said}); "
                    + $"set {image.Keys} in stack/stack.json to one that does");
            }
            else
                (unreached, reason) = ([.. unreached, image], said);
        }

        if (unreached.Count > 0)
        {
            var images = string.Join(", ", unreached.Select(image => $"{image.Reference} ({image.Keys})"));
            var keys = string.Join(", ", unreached.Select(image => image.Keys));
            faults.Add($"{images} {(unreached.Count == 1 ? "is" : "are")} not here and cannot be pulled ({reason}); "
                + $"mend the network, load by docker load, or set {keys} in stack/stack.json to what is here");
        }

        if (faults.Count > 0)
            throw new FaultException(faults);
    }

    private bool IsHere(params IReadOnlyList<WantedImage> images)
        => docker.Ask($"image inspect --format {{{{.Id}}}} {string.Join(' ', images.Select(image => image.Reference))}") is not null;

    private IEnumerable<WantedImage> Wanted()
    {
        var images = context.Settings.Images;
        var wanted = Component.Of(StackEngine.Docker, context.Settings).Select(component => (Key: component.Name, Reference: component.Image(images))).ToList();
        if (context.Services.Count > 0)
            wanted.Add(("runtime", images.Runtime));
        return wanted
            .GroupBy(image => image.Reference, image => $"images.{image.Key}")
            .Select(group => new WantedImage(group.Key, string.Join(" and ", group)));
    }
}

/// <summary>One image of the settings.</summary>
/// <param name="Reference">Name and tag or digest.</param>
/// <param name="Keys">The keys of <c>stack.json</c> that name it.</param>
internal sealed record WantedImage(string Reference, string Keys);
