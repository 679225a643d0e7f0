using System.Security.Cryptography;

namespace MicroMonitored.Verification;

/// <summary>Names everything one run emits, so that it can be told from all other traffic.</summary>
/// <remarks>
/// A trace id is 8 bytes of run id, 4 bytes of source and 4 bytes of number. The run id starts with a zero digit
/// on purpose: stores that strip leading zeros are met in every run, not in one of sixteen.
/// </remarks>
internal sealed record RunIdentity(ulong Value)
{
    /// <summary>The first source of the probes that must leave no trace.</summary>
    public const uint ExcludedPaths = 0x4000_0000;

    /// <summary>The first source of synthetic telemetry; services count from zero.</summary>
    public const uint Synthetic = 0x8000_0000;

    /// <summary>16 hex digits.</summary>
    public string Id { get; } = Value.ToString("x16");

    /// <summary>The identity of the requests that must fail: what they leave behind is told from what must be counted exactly.</summary>
    public RunIdentity OfFaults() => new(Value ^ 0x0055_5555_5555_5554);

    /// <summary>The identity of the requests that <c>expectations.json</c> asks for, likewise.</summary>
    public RunIdentity OfExpectations() => new(Value ^ 0x00aa_aaaa_aaaa_aaaa);

    public static RunIdentity Create()
    {
        var value = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        return new RunIdentity((value & 0x0fff_ffff_ffff_ffff) | 1);
    }

    public string TraceId(uint source, int number) => $"{Id}{source:x8}{number:x8}";

    public string SpanId(uint source, int number) => $"{(uint)Value ^ source:x8}{number + 1:x8}";
}
