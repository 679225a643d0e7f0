using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MicroMonitored.Embedded.Store;

/// <summary>A Bloom filter of trace ids: sixteen bits and eight probes an id, so one block of about 1,700 is opened in vain.</summary>
internal static class TraceFilter
{
    private const int BitsPerTrace = 16;
    private const int Probes = 8;

    /// <summary>What stands for a trace id that is text: its FNV-1a hash.</summary>
    public static UInt128 Key(ReadOnlySpan<byte> text)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var letter in text)
            hash = (hash ^ letter) * 0x100000001B3;
        return hash;
    }

    public static byte[] Write(IReadOnlyCollection<UInt128> traces)
    {
        var filter = new byte[Math.Max(1, (traces.Count * BitsPerTrace + 63) / 64) * 8];
        var bits = (ulong)filter.Length * 8;
        foreach (var trace in traces)
        {
            var (place, step) = Hash(trace);
            for (var i = 0; i < Probes; i++, place += step)
            {
                var bit = (int)((place * bits) >> 32);
                filter[bit >> 3] |= (byte)(1 << (bit & 7));
            }
        }

        return filter;
    }

    /// <summary>False when the trace was certainly not among those written.</summary>
    public static bool MayHold(ReadOnlySpan<byte> filter, UInt128 trace)
    {
        var bits = (ulong)filter.Length * 8;
        var (place, step) = Hash(trace);
        for (var i = 0; i < Probes; i++, place += step)
        {
            var bit = (int)((place * bits) >> 32);
            if ((filter[bit >> 3] & (1 << (bit & 7))) == 0)
                return false;
        }

        return true;
    }

    private static (uint Place, uint Step) Hash(UInt128 trace)
    {
        Span<ulong> halves = stackalloc ulong[2];
        BinaryPrimitives.WriteUInt128LittleEndian(MemoryMarshal.AsBytes(halves), trace);
        var hash = (halves[0] ^ (halves[1] * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93;
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
        return ((uint)(hash >> 32), (uint)hash | 1);
    }
}
