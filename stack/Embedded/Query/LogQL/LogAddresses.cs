using System.Net;
using System.Net.Sockets;

namespace MicroMonitored.Embedded.Query.LogQL;

/// <summary>The addresses of <c>ip("…")</c>: one, a network (<c>10.0.0.0/8</c>) or a range (<c>10.0.0.1-10.0.0.9</c>), of IPv4 or IPv6.</summary>
internal sealed class LogAddresses
{
    private readonly byte[] _first;
    private readonly byte[] _last;

    private LogAddresses(byte[] first, byte[] last) => (_first, _last) = (first, last);

    public static LogAddresses Parse(string text, int offset)
    {
        if (text.Contains('/', StringComparison.Ordinal) && IPNetwork.TryParse(text, out var network))
        {
            var (first, last) = (network.BaseAddress.GetAddressBytes(), network.BaseAddress.GetAddressBytes());
            for (var bit = network.PrefixLength; bit < last.Length * 8; bit++)
                last[bit / 8] |= (byte)(0x80 >> (bit % 8));
            return new(first, last);
        }

        if (text.Contains('/', StringComparison.Ordinal) && text.Split('/') is [var host, var length] && Address(host) is { } inside
            && int.TryParse(length, out var bits) && bits >= 0 && bits <= inside.Length * 8)
        {
            var (first, last) = ((byte[])inside.Clone(), (byte[])inside.Clone());
            for (var bit = bits; bit < last.Length * 8; bit++)
            {
                first[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                last[bit / 8] |= (byte)(0x80 >> (bit % 8));
            }

            return new(first, last);
        }

        if (text.Split('-') is [var from, var to] && Address(from.Trim()) is { } low && Address(to.Trim()) is { } high && low.Length == high.Length
            && low.AsSpan().SequenceCompareTo(high) <= 0)
        {
            return new(low, high);
        }

        return Address(text) is { } single ? new(single, single) : throw new QuerySyntaxException($"ip: invalid pattern \"{text}\"", offset);
    }

    /// <summary>Whether a text holds one of the addresses.</summary>
    public bool Found(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsPart(text[i]))
                continue;
            var start = i;
            while (i < text.Length && IsPart(text[i]))
                i++;
            var word = text.AsSpan(start, i - start).TrimEnd(".:");
            if (word.IndexOfAny('.', ':') >= 0 && (Holds(word) || (word.IndexOf(':') is > 0 and var port && word.IndexOf('.') >= 0 && Holds(word[..port]))))
                return true;
        }

        return false;
    }

    private bool Holds(ReadOnlySpan<char> word) => Address(word.ToString()) is { } address && address.Length == _first.Length
        && address.AsSpan().SequenceCompareTo(_first) >= 0 && address.AsSpan().SequenceCompareTo(_last) <= 0;

    private static bool IsPart(char c) => char.IsAsciiHexDigit(c) || c is '.' or ':';

    private static byte[]? Address(string text) =>
        IPAddress.TryParse(text, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count('.') == 3)
            ? address.GetAddressBytes()
            : null;
}
