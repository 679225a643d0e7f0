using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MicroMonitored.Model.Components;
using MicroMonitored.Model.Settings;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace MicroMonitored.Model.Rendering;

/// <summary>Renders <c>stack/assets</c> into the files that the engine mounts.</summary>
/// <remarks>
/// A file ending in <c>.sbn</c> is a Scriban template, one in <c>.new</c> or <c>.md</c> is for a person, any other is copied. Everything is rendered and
/// read back before anything is written; a file is written only when its content differs, by rename, so that a component never reads half a file.
/// A form beyond one machine adds files of its own, which may show what the others render to.
/// </remarks>
public static class StackRenderer
{
    /// <summary>The folder of the secret files below the output folder.</summary>
    public const string SecretsFolder = "secrets";

    private const string ObjectStoreFile = $"{SecretsFolder}/object-store/environment";
    private const string TemplateExtension = ".sbn";
    private static readonly string[] ForPeople = [".new", ".md"];
    private const string ManifestName = ".rendered.json";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="assetsFolder">The folder of templates and plain files.</param>
    /// <param name="outputFolder">Where to write; made when missing.</param>
    /// <returns>Every file, in ordinal order of path; removed files last.</returns>
    /// <exception cref="FaultException">A template or its result is broken, or a file cannot be written: one line per fault.</exception>
    public static IReadOnlyList<RenderedFile> Render(StackModel model, string assetsFolder, string outputFolder)
    {
        var contents = Contents(model, assetsFolder);
        var secrets = Secrets(model, outputFolder);
        try
        {
            return Write(outputFolder, contents, secrets);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var full = exception.Message.Contains("no space left", StringComparison.OrdinalIgnoreCase)
                || exception.Message.Contains("not enough space", StringComparison.OrdinalIgnoreCase);
            throw new FaultException($"{outputFolder} cannot be written ({exception.Message.TrimEnd('.')}); "
                + (full ? "make room on its disk" : "make the folder writable for this user"));
        }
    }

    /// <summary>The rendered files below a folder of the assets, by their path in it; nothing is written.</summary>
    /// <exception cref="FaultException">A template or its result is broken: one line per fault.</exception>
    public static IReadOnlyDictionary<string, byte[]> Contents(StackModel model, string assetsFolder, string below)
        => Contents(model, assetsFolder).Where(file => file.Key.StartsWith(below + "/", StringComparison.Ordinal))
            .ToDictionary(file => file.Key[(below.Length + 1)..], file => file.Value);

    private static SortedDictionary<string, byte[]> Contents(StackModel model, string assetsFolder)
    {
        var faults = new List<string>();
        var contents = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);

        // The Compose files, at the top, carry fingerprints of the folders below: those are rendered first.
        foreach (var (path, file, read) in AssetFiles(assetsFolder, model).Concat(FormFiles.Of(model))
            .OrderBy(asset => asset.Path.Contains('/') ? 0 : 1))
        {
            try
            {
                var isTemplate = path.EndsWith(TemplateExtension, StringComparison.Ordinal);
                contents.Add(
                    isTemplate ? path[..^TemplateExtension.Length] : path,
                    isTemplate ? Utf8.GetBytes(Expand(file, Utf8.GetString(read()), model, contents)) : Located(path, read(), model));
            }
            catch (FaultException fault)
            {
                faults.AddRange(fault.Faults);
            }
        }

        foreach (var (path, content) in contents)
        {
            if (RenderedText.Fault(path, Utf8.GetString(content)) is { } fault)
                faults.Add(fault);
        }

        return faults.Count == 0 ? FormFiles.Written(model, contents) : throw new FaultException(faults);
    }

    private static IEnumerable<(string Path, string File, Func<byte[]> Read)> AssetFiles(string folder, StackModel model)
        => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(folder, file).Replace('\\', '/'), File: file))
            .Where(asset => !IsRuleTest(asset.Path) && !ForPeople.Contains(Path.GetExtension(asset.Path)))
            .Where(asset => !model.Absent.Any(component => component.Owns(asset.Path)))
            .OrderBy(asset => asset.Path, StringComparer.Ordinal)
            .Select(asset => (asset.Path, asset.File, (Func<byte[]>)(() => File.ReadAllBytes(asset.File))));

    /// <summary>What reads log files is written with braces of its own, so that no template: the one thing to set in it is where the files are.</summary>
    private static byte[] Located(string path, byte[] content, StackModel model)
        => model.LogFolder != StackNames.LogsRoot && (Component.Promtail.Owns(path) || Component.Alloy.Owns(path))
            ? Utf8.GetBytes(Utf8.GetString(content).Replace(StackNames.LogsRoot, model.LogFolder, StringComparison.Ordinal))
            : content;

    private static bool IsRuleTest(string path) => path.StartsWith("prometheus/tests/", StringComparison.Ordinal);

    private static string Expand(string file, string source, StackModel model, SortedDictionary<string, byte[]> contents)
    {
        var template = Template.Parse(source, file);
        if (template.Messages.FirstOrDefault(message => message.Type == ParserMessageType.Error) is { } error)
            throw new FaultException($"{file}({error.Span.Start.Line + 1}): {error.Message}");

        var globals = new ScriptObject();
        globals.Import(model, renamer: StandardMemberRenamer.Default);
        var context = new TemplateContext
        {
            StrictVariables = true,
            EnableRelaxedMemberAccess = false,
            EnableRelaxedTargetAccess = false,
            EnableRelaxedFunctionAccess = false,
            EnableRelaxedIndexerAccess = false,
            LimitToString = int.MaxValue,
            LoopLimit = 100_000,
            NewLine = "\n",
            MemberRenamer = StandardMemberRenamer.Default,
        };
        context.PushGlobal(new TemplateFunctions(folder => Fingerprint(contents, folder), contents));
        context.PushGlobal(globals);
        try
        {
            return template.Render(context).ReplaceLineEndings("\n");
        }
        catch (ScriptRuntimeException exception)
        {
            throw new FaultException($"{file}({exception.Span.Start.Line + 1}): {exception.OriginalMessage}");
        }
    }

    private static string Fingerprint(SortedDictionary<string, byte[]> contents, string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Prometheus itself notices a changed target file; every other change needs the container to be made again.
        foreach (var (path, content) in contents.Where(file
            => file.Key.StartsWith(folder + "/", StringComparison.Ordinal) && !file.Key.Contains("/targets/", StringComparison.Ordinal)))
        {
            hash.AppendData(Utf8.GetBytes(path + "\n"));
            hash.AppendData(SHA256.HashData(content));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static SortedDictionary<string, byte[]> Secrets(StackModel model, string outputFolder)
    {
        var secrets = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        if (model.Form == StackForm.Kubernetes)
            return secrets;
        secrets.Add($"{SecretsFolder}/grafana/admin-password", Utf8.GetBytes(model.Grafana.Password));
        if (model.UsesObjectStore)
            secrets.Add(ObjectStoreFile, ObjectStore(Path.Combine(outputFolder, ObjectStoreFile)));
        if (model.Notifies)
            secrets.Add($"{SecretsFolder}/alertmanager/webhook-url", Utf8.GetBytes(model.Webhook!.AbsoluteUri));
        return secrets;
    }

    /// <summary>Where the object store is and what opens it: made once, then the team's own.</summary>
    private static byte[] ObjectStore(string file)
        => File.Exists(file) ? File.ReadAllBytes(file) : Utf8.GetBytes($"""
            S3_ENDPOINT=object-store:8333
            S3_REGION=us-east-1
            AWS_ACCESS_KEY_ID={RandomNumberGenerator.GetHexString(20, lowercase: true)}
            AWS_SECRET_ACCESS_KEY={RandomNumberGenerator.GetHexString(40, lowercase: true)}
            LOGS_BUCKET=logs
            TRACES_BUCKET=traces
            METRICS_BUCKET=metrics
            S3_BUCKET=logs,traces,metrics

            """.ReplaceLineEndings("\n"));

    private static List<RenderedFile> Write(string folder, SortedDictionary<string, byte[]> contents, SortedDictionary<string, byte[]> secrets)
    {
        var before = Manifest.Read(Path.Combine(folder, ManifestName));
        var now = contents.Keys.Concat(secrets.Keys).ToHashSet(StringComparer.Ordinal);

        // Listed before they are written: a run that is cut short leaves nothing that the next one would not know of.
        RenderedFolder.Public(folder);
        Manifest.Write(Path.Combine(folder, ManifestName), before.Union(now));

        var files = contents.Select(file => new RenderedFile(file.Key, RenderedFolder.WritePublic(folder, file.Key, file.Value)))
            .Concat(secrets.Select(file => new RenderedFile(file.Key, RenderedFolder.WriteSecret(folder, file.Key, file.Value))))
            .ToList();

        files.AddRange(before.Except(now).Order(StringComparer.Ordinal).Where(path => RenderedFolder.Remove(folder, path))
            .Select(path => new RenderedFile(path, RenderOutcome.Removed)));
        Manifest.Write(Path.Combine(folder, ManifestName), now);
        return files;
    }

    private static class Manifest
    {
        public static HashSet<string> Read(string file)
        {
            try
            {
                return File.Exists(file) && JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(file)) is { } paths
                    ? paths.Where(IsBelow).ToHashSet(StringComparer.Ordinal)
                    : [];
            }
            catch (JsonException)
            {
                return [];
            }
        }

        public static void Write(string file, IEnumerable<string> paths)
            => RenderedFolder.Replace(file, JsonSerializer.SerializeToUtf8Bytes(paths.Order(StringComparer.Ordinal).ToArray()), RenderedFolder.PublicFile);

        private static bool IsBelow(string path) => !Path.IsPathRooted(path) && !path.Split('/', '\\').Contains("..");
    }
}
