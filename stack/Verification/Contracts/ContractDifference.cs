namespace MicroMonitored.Verification.Contracts;

/// <summary>How telemetry changed.</summary>
public enum ContractChange
{
    /// <summary>It is new, which breaks nothing.</summary>
    Added,

    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>It has another name.</summary>
    Renamed,

    /// <summary>It has another type, unit, level or kind.</summary>
    Retyped,

    /// <summary>A label that had few values has many.</summary>
    Multiplied,
}

/// <summary>One difference between two contracts.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Item">What it happened to, as it was; of what was added as it is.</param>
/// <param name="Part">The label, attribute, field or parent that it happened to; null where it is the item itself.</param>
/// <param name="Detail">One line for a person.</param>
/// <param name="Uses">The panels, rules and expectations that need what is no longer as it was.</param>
public sealed record ContractDifference(ContractChange Change, EmittedItem Item, string? Part, string Detail, IReadOnlyList<string> Uses)
{
    /// <summary>Whether something that read the telemetry may no longer find it.</summary>
    public bool IsBreaking => Change != ContractChange.Added;
}
