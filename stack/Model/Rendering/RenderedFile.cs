namespace MicroMonitored.Model.Rendering;

/// <summary>What rendering did to one file.</summary>
public enum RenderOutcome
{
    /// <summary>The file already had this content.</summary>
    NoChanges,

    /// <summary>The file had other content.</summary>
    Updated,

    /// <summary>The file was not there.</summary>
    Generated,

    /// <summary>An earlier rendering made the file and this one does not.</summary>
    Removed,
}

/// <summary>One file of the rendered stack.</summary>
/// <param name="Path">Path below the output folder, with <c>/</c>.</param>
public sealed record RenderedFile(string Path, RenderOutcome Outcome)
{
    /// <inheritdoc/>
    public override string ToString() => $"[{Outcome}] {Path}";
}
