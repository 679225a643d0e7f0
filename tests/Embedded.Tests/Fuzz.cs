using System.Diagnostics;
using System.Text;

namespace Embedded.Tests;

/// <summary>Inputs near valid ones and far from them, the same in every run; one that fails is made as small as it can be before it is shown.</summary>
/// <remarks>With <c>MICROMONITORED_FUZZ</c> that many times as many inputs are tried.</remarks>
internal static class Fuzz
{
    private const int Seed = 20261127;
    private const long MostBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Whole = TimeSpan.FromMinutes(5);

    private static readonly byte[][] Tokens =
    [
        [0], [0x7f], [0x80], [0xff, 0xff, 0xff, 0x7f], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0xed, 0xa0, 0x80], [.. "\"1e999\""u8], [.. "18446744073709551616"u8], [.. "null"u8], [.. "{"u8], [.. "["u8], [.. "}"u8], [.. "\""u8], [.. "\\ud800"u8],
    ];

    /// <summary>Bytes are read, or refused with a reason and nothing else; neither takes long or much memory.</summary>
    /// <param name="refuses">The failures that are refusals.</param>
    public static void Bytes(int inputs, IReadOnlyList<byte[]> seeds, Func<Exception, bool> refuses, Action<byte[]> read) => Run(
        inputs, [.. seeds], Tokens, Other, refuses, read, static bytes => $"{Convert.ToHexString(bytes)} ({Encoding.UTF8.GetString(bytes)})");

    /// <summary>The same for texts.</summary>
    /// <param name="tokens">What the language is made of.</param>
    public static void Texts(int inputs, IEnumerable<string> seeds, IEnumerable<string> tokens, Func<Exception, bool> refuses, Action<string> read) => Run(
        inputs, [.. seeds.Select(static seed => seed.ToCharArray())], [.. tokens.Select(static token => token.ToCharArray()), ['\0'], ['\ud800'], ['é']],
        static (random, _) => (char)(random.Next(8) == 0 ? random.Next(0x10000) : random.Next(0x20, 0x7f)),
        refuses, text => read(new(text)), static text => string.Concat(text.Select(static c => c is >= ' ' and <= '~' ? $"{c}" : $"\\u{(int)c:x4}")));

    /// <summary>Such bytes one after the other, for what is read elsewhere.</summary>
    public static IEnumerable<(int Seed, byte[] Bytes)> Mutations(IReadOnlyList<byte[]> seeds)
    {
        var random = new Random(Seed);
        while (true)
        {
            var seed = random.Next(seeds.Count);
            yield return (seed, Next(random, [seeds[seed]], Tokens, Other));
        }
    }

    private static byte Other(Random random, byte old) => (byte)(random.Next(2) == 0 ? old ^ (1 << random.Next(8)) : random.Next(256));

    private static void Run<T>(
        int inputs, T[][] seeds, T[][] tokens, Func<Random, T, T> other, Func<Exception, bool> refuses, Action<T[]> read, Func<T[], string> show)
        where T : struct
    {
        inputs *= int.TryParse(Environment.GetEnvironmentVariable("MICROMONITORED_FUZZ"), out var times) ? times : 1;
        T[] current = [];
        var running = Task.Run(() =>
        {
            var random = new Random(Seed);
            var refused = 0;
            for (var number = 0; number < inputs; number++)
            {
                current = number < seeds.Length ? seeds[number] : Next(random, seeds, tokens, other);
                if (Fault(current, refuses, read, ref refused) is not { } fault)
                    continue;
                var smallest = Smallest(current, candidate => Fault(candidate, refuses, read, ref refused) is not null);
                Assert.Fail($"Input {number} of seed {Seed}, made smaller: {show(smallest)}\n{Fault(smallest, refuses, read, ref refused) ?? fault}");
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{inputs} inputs of seed {Seed}, {refused} refused");
        });
        Assert.True(Task.WhenAny(running, Task.Delay(Whole)).GetAwaiter().GetResult() == running, $"Still busy with {show(current)}");
        running.GetAwaiter().GetResult();
    }

    private static string? Fault<T>(T[] input, Func<Exception, bool> refuses, Action<T[]> read, ref int refused)
    {
        var (before, clock) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        try
        {
            read(input);
        }
        catch (Exception exception)
        {
            if (!refuses(exception))
                return exception.ToString();
            if (string.IsNullOrWhiteSpace(exception.Message))
                return $"{exception.GetType()} without a reason";
            refused++;
        }

        var (took, allocated) = (Stopwatch.GetElapsedTime(clock), GC.GetAllocatedBytesForCurrentThread() - before);
        return took > MostTime ? $"took {took}" : allocated > MostBytes ? $"allocated {allocated} bytes" : null;
    }

    private static T[] Next<T>(Random random, T[][] seeds, T[][] tokens, Func<Random, T, T> other)
        where T : struct
    {
        var input = new List<T>();
        if (random.Next(10) == 0)
        {
            for (var length = random.Next(200); length > 0; length--)
                input.Add(other(random, default));
            return [.. input];
        }

        input.AddRange(seeds[random.Next(seeds.Length)]);
        for (var edits = random.Next(3) == 0 ? random.Next(2, 9) : 1; edits > 0; edits--)
        {
            var at = random.Next(input.Count + 1);
            var length = Math.Min(random.Next(1, random.Next(2) == 0 ? 3 : 40), input.Count - at);
            switch (random.Next(7))
            {
                case 0 or 1 when length > 0: input[at] = other(random, input[at]); break;
                case 2: input.InsertRange(at, tokens[random.Next(tokens.Length)]); break;
                case 3: input.RemoveRange(at, length); break;
                case 4: input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, length)); break;
                case 5:
                    input.RemoveRange(at, length);
                    input.InsertRange(at, tokens[random.Next(tokens.Length)]);
                    break;
                case 6 when random.Next(4) == 0: input.RemoveRange(at, input.Count - at); break;
                case 6:
                    var donor = seeds[random.Next(seeds.Length)];
                    input.InsertRange(at, donor.Skip(random.Next(donor.Length)).Take(40));
                    break;
            }
        }

        return [.. input];
    }

    private static T[] Smallest<T>(T[] input, Func<T[], bool> fails)
    {
        for (var size = Math.Max(input.Length / 2, 1); size > 0; size /= 2)
        {
            for (var at = 0; at + size <= input.Length;)
            {
                T[] candidate = [.. input[..at], .. input[(at + size)..]];
                if (fails(candidate))
                    input = candidate;
                else
                    at += size;
            }
        }

        return input;
    }
}
