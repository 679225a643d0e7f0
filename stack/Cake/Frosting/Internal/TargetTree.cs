using Cake.Core;
using Cake.Core.Graph;

namespace Cake.Frosting.Internal;

/// <summary>Draws which target runs which.</summary>
internal static class TargetTree
{
    public static IEnumerable<string> Lines(IReadOnlyList<ICakeTaskInfo> tasks)
    {
        var graph = CakeGraphBuilder.Build(tasks);
        var byName = tasks.ToDictionary(t => t.Name, StringComparer.OrdinalIgnoreCase);
        var needed = graph.Edges.Select(edge => edge.Start).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return tasks
            .Where(task => !needed.Contains(task.Name))
            .OrderByDescending(task => task.Name.Equals("Default", StringComparison.OrdinalIgnoreCase))
            .ThenBy(task => task.Name, StringComparer.OrdinalIgnoreCase)
            .SelectMany(task => Lines(task.Name, string.Empty, string.Empty));

        IEnumerable<string> Lines(string name, string indent, string childIndent)
        {
            yield return indent + byName[name].Name;
            var children = graph.Edges
                .Where(edge => edge.End.Equals(name, StringComparison.OrdinalIgnoreCase))
                .Select(edge => edge.Start)
                .ToArray();
            for (var i = 0; i < children.Length; i++)
            {
                var last = i == children.Length - 1;
                foreach (var line in Lines(children[i], childIndent + (last ? "└─ " : "├─ "), childIndent + (last ? "   " : "│  ")))
                    yield return line;
            }
        }
    }
}
