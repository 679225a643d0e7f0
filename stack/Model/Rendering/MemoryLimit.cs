using System.Globalization;

namespace MicroMonitored.Model.Rendering;

/// <summary>A memory limit in the notation of Compose: digits and <c>b</c>, <c>k</c>, <c>m</c> or <c>g</c>, in powers of 1024.</summary>
internal static class MemoryLimit
{
    /// <exception cref="FaultException">The text is no memory limit.</exception>
    public static long Bytes(string limit)
    {
        var digits = limit.AsSpan().TrimEnd("bBkKmMgG");
        var unit = limit[digits.Length..].ToLowerInvariant();
        var factor = unit switch
        {
            "" or "b" => 1L,
            "k" or "kb" => 1L << 10,
            "m" or "mb" => 1L << 20,
            "g" or "gb" => 1L << 30,
            _ => 0L,
        };
        return factor > 0 && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0
            ? (long)(value * factor)
            : throw new FaultException($"memory limit \"{limit}\": use digits and a unit, such as 512m or 1g");
    }
}
