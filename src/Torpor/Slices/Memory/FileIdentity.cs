using System.Buffers.Binary;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.Elf;

namespace Torpor.Slices.Memory;

/// <summary>Tells whether a file is still the one that was mapped: its size, and for programs and libraries the build id that the linker put in.</summary>
internal static class FileIdentity
{
    /// <summary>The build id as images hold it, four bytes to a word; empty for a file without one.</summary>
    public static uint[] BuildId(string path)
    {
        byte[]? id = ElfBuildId.TryRead(path);
        if (id is null)
            return [];
        byte[] padded = new byte[(id.Length + 3) & ~3];
        id.CopyTo(padded, 0);
        uint[] words = new uint[padded.Length / 4];
        for (int i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(padded.AsSpan(4 * i));
        return words;
    }

    /// <summary>Throws when the file is gone or is another one now; false when it is gone and the images have a copy.</summary>
    public static bool Check(RegFileEntry entry)
    {
        if (!FileCalls.TryStatus(entry.Name, out FileStatus? status, out Errno errno))
        {
            if (errno == Errno.ENOENT && entry.HasTorporCopy)
                return false;
            throw new TorporException(FailureKind.FileChanged, $"{entry.Name} was mapped by the process and can't be found: {errno}",
                "put the file back as it was, or run the restore where it exists");
        }
        if (entry.HasSize && (ulong)status.Size != entry.Size)
            throw Changed(entry, $"its size was {entry.Size} bytes and is {status.Size}");
        if (entry.BuildId.Count > 0 && !entry.BuildId.SequenceEqual(BuildId(entry.Name)))
            throw Changed(entry, "its build id differs");
        return true;
    }

    private static TorporException Changed(RegFileEntry entry, string how) =>
        new(FailureKind.FileChanged, $"{entry.Name} has changed since the checkpoint: {how}",
            "put the old version of the file back, or start the program anew with the new one");
}
