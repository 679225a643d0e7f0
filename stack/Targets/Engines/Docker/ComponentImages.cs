using Cake.Core;
using Cake.Docker;
using MicroMonitored.Model;
using MicroMonitored.Model.Components;
using MicroMonitored.Targets.Bundles;

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
                + $"mend the network, load a bundle (--target=Bundle --load), or set {keys} in stack/stack.json to what is here");
        }

        if (faults.Count > 0)
            throw new FaultException(faults);
    }

    /// <summary>Brings and writes every image of the settings.</summary>
    /// <param name="file">A tar file as <c>docker load</c> reads it.</param>
    /// <returns>Their references.</returns>
    /// <exception cref="FaultException">An image cannot be had, or does not keep its name in a file.</exception>
    public IReadOnlyList<string> Save(string file)
    {
        // A file keeps names and tags, and no digest by which a container could be made again.
        if (Wanted().Where(image => image.Reference.Contains('@', StringComparison.Ordinal)).ToList() is { Count: > 0 } digests)
            throw new FaultException([.. digests.Select(image
                => $"{image.Reference} ({image.Keys}) names a digest, which docker save does not keep; name a tag alone")]);
        Pull();
        string[] references = [.. Wanted().Select(image => image.Reference)];
        if (docker.Answer($"save --output {DockerCli.Quoted(file)} {string.Join(' ', references)}") is { Succeeded: false, Reason: var said })
        {
            throw new FaultException(
                $"saving the images failed: {said}; {(DiskSpace.IsShort(said) ? "make room on the disk of artifacts/" : "mend that and repeat")}");
        }

        return Lacking(ImageArchive.References(file)).ToList() is { Count: > 0 } nameless
            ? throw new FaultException([.. nameless.Select(image
                => $"docker save did not keep {image.Reference} ({image.Keys}) by that name; name another tag")])
            : references;
    }

    /// <summary>Loads such a file.</summary>
    /// <param name="shown">How a fault names it.</param>
    /// <exception cref="FaultException">The engine does not take it, or lacks an image afterwards.</exception>
    public void Load(string file, string shown)
    {
        if (docker.Answer($"load --quiet --input {DockerCli.Quoted(file)}") is { Succeeded: false, Reason: var said })
            throw new FaultException($"loading the images of {shown} failed: {said}; {(DiskSpace.IsShort(said) ? docker.MakeRoom : "make the bundle again")}");
        if (Missing() is { Count: > 0 } missing)
            throw new FaultException([.. missing.Select(image => $"{shown} brought no {image.Reference} ({image.Keys}); make the bundle again")]);
    }

    /// <summary>The images of the settings that are not among those of a file.</summary>
    public IEnumerable<WantedImage> Lacking(IReadOnlyList<string> references)
        => Wanted().Where(image => !references.Contains(ImageArchive.Familiar(image.Reference)));

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
