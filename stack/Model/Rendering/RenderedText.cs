using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MicroMonitored.Model.Rendering;

/// <summary>Reads a rendered file back before it is written: a template that breaks its own format never reaches a component.</summary>
internal static class RenderedText
{
    /// <returns>The fault, or null.</returns>
    public static string? Fault(string path, string text)
    {
        try
        {
            switch (Path.GetExtension(path))
            {
                case ".json":
                    using (JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false }))
                        return null;
                case ".yaml" or ".yml":
                    ReadYaml(text);
                    return null;
                default:
                    return null;
            }
        }
        catch (JsonException exception)
        {
            return $"{path}({exception.LineNumber + 1}): {exception.Message}";
        }
        catch (YamlException exception)
        {
            return $"{path}({exception.Start.Line}): {exception.Message}";
        }
    }

    private static void ReadYaml(string text)
    {
        var merged = new MergingParser(new Parser(new StringReader(text)));
        while (merged.MoveNext())
        {
        }

        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            parser.Consume<DocumentStart>();
            ReadNode(parser);
            parser.Consume<DocumentEnd>();
        }
    }

    private static void ReadNode(IParser parser)
    {
        if (parser.TryConsume<MappingStart>(out _))
        {
            var keys = new HashSet<string>(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>();
                if (!keys.Add(key.Value))
                    throw new YamlException(key.Start, key.End, $"the key {key.Value} is there twice");
                ReadNode(parser);
            }
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            while (!parser.TryConsume<SequenceEnd>(out _))
                ReadNode(parser);
        }
        else
        {
            parser.MoveNext();
        }
    }
}
