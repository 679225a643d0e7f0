using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace MicroMonitored.Embedded.Ingest.Tail;

/// <summary>What the file system says of a file, without opening it.</summary>
/// <param name="Identity">Device and inode; null where the system gives none.</param>
internal readonly record struct FileStatus(bool IsRegular, string? Identity, long Length, long ModifiedNs);

/// <summary>Tells files apart however they are named.</summary>
/// <remarks>Linux: device and inode through <c>statx(2)</c>, whose buffer is the same on every architecture. Elsewhere: the hash of the first bytes.</remarks>
internal static class FileIdentity
{
    private const int NoFollow = 0x100, EmptyPath = 0x1000, CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;
    private static readonly bool HasStatx = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc", out var libc)
        && NativeLibrary.TryGetExport(libc, "statx", out _);

    /// <summary>The status of the name itself, symbolic links not followed; null when there is no such file.</summary>
    public static FileStatus? Of(string path)
    {
        if (HasStatx)
        {
            var buffer = new byte[256];
            return Statx(CurrentFolder, path, NoFollow, BasicStats, buffer) == 0 ? Read(buffer) : null;
        }

        var file = new FileInfo(path);
        return file.Exists
            ? new FileStatus(file.LinkTarget is null, null, file.Length, (file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100)
            : null;
    }

    /// <summary>The status of an open file.</summary>
    public static FileStatus Of(SafeFileHandle handle)
    {
        if (HasStatx)
        {
            var buffer = new byte[256];
            if (StatxHandle(handle, "", EmptyPath, BasicStats, buffer) == 0)
                return Read(buffer);
        }

        return new FileStatus(true, null, RandomAccess.GetLength(handle), 0);
    }

    /// <summary>An identity from the first line, for systems that give none.</summary>
    public static string OfBytes(ReadOnlySpan<byte> firstBytes)
    {
        var end = firstBytes.IndexOf((byte)'\n');
        return "first-line:" + Convert.ToHexStringLower(SHA256.HashData(end < 0 ? firstBytes : firstBytes[..end]).AsSpan(0, 16));
    }

    private static FileStatus Read(ReadOnlySpan<byte> buffer) => new(
        (BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]) & 0xF000) == 0x8000,
        $"{BinaryPrimitives.ReadUInt32LittleEndian(buffer[136..])}:{BinaryPrimitives.ReadUInt32LittleEndian(buffer[140..])}"
            + $":{BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..])}",
        BinaryPrimitives.ReadInt64LittleEndian(buffer[40..]),
        (BinaryPrimitives.ReadInt64LittleEndian(buffer[112..]) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(buffer[120..]));

    [DllImport("libc", EntryPoint = "statx", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] buffer);

    [DllImport("libc", EntryPoint = "statx", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatxHandle(SafeFileHandle handle, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] buffer);
}
