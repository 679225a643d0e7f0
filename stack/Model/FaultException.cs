namespace MicroMonitored.Model;

/// <summary>What a person can mend: one line per fault, each naming the key, file or port, the value seen and the fix.</summary>
public sealed class FaultException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>One fault.</summary>
    public FaultException(string fault)
        : this([fault])
    {
    }

    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
