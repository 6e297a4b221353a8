using System.Buffers.Binary;

namespace Torpor.Linux.Elf;

/// <summary>
/// The build id of an ELF file: the note NT_GNU_BUILD_ID, by which two builds of a program differ though their sizes
/// may agree. Reads at most a few KiB, wherever the file's own numbers point.
/// </summary>
public static class ElfBuildId
{
    private const int MaximumHeaders = 256;
    private const int MaximumNotes = 65536;
    private const int MaximumBuildId = 64;
    private const uint PT_NOTE = 4;
    private const uint NT_GNU_BUILD_ID = 3;

    /// <summary>The build id; null when the file can't be read, is no 64-bit little-endian ELF file, or has none.</summary>
    public static byte[]? TryRead(string path)
    {
        if (!FileCalls.TryOpen(path, Uapi.Fcntl.O_RDONLY | Uapi.Fcntl.O_NONBLOCK | Uapi.Fcntl.O_NOCTTY, out Fd? fd, out _))
            return null;
        using (fd)
            return TryRead(fd);
    }

    /// <summary>The build id of an open file; null as above. The position stays.</summary>
    public static byte[]? TryRead(Fd fd)
    {
        try
        {
            // A device or a FIFO could block or change by being read.
            return FileCalls.Status(fd).IsRegular ? Find((buffer, offset) => FileCalls.ReadAt(fd, buffer, offset)) : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>The build id of a stream that can seek; null as above. Moves the position.</summary>
    public static byte[]? TryRead(Stream stream)
    {
        try
        {
            return Find((buffer, offset) =>
            {
                if (offset >= stream.Length)
                    return 0;
                stream.Position = offset;
                return stream.Read(buffer);
            });
        }
        catch (IOException)
        {
            return null;
        }
    }

    private delegate int ReadAt(Span<byte> buffer, long offset);

    private static byte[]? Find(ReadAt read)
    {
        // Elf64_Ehdr: e_phoff at 32, e_phentsize at 54, e_phnum at 56.
        Span<byte> header = stackalloc byte[64];
        if (!TryFill(read, header, 0) || !header.StartsWith("\x7f"u8) || !header[1..4].SequenceEqual("ELF"u8) || header[4] != 2 || header[5] != 1)
            return null;
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        if (entrySize < 56 || table > long.MaxValue / 2)
            return null;
        // Elf64_Phdr: p_type at 0, p_offset at 8, p_filesz at 32, p_align at 48.
        Span<byte> segment = stackalloc byte[56];
        for (int i = 0; i < Math.Min(count, MaximumHeaders); i++)
        {
            if (!TryFill(read, segment, (long)table + ((long)i * entrySize)))
                return null;
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) != PT_NOTE)
                continue;
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(segment[8..]);
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(segment[32..]);
            ulong alignment = BinaryPrimitives.ReadUInt64LittleEndian(segment[48..]);
            if (size is 0 or > MaximumNotes || offset > long.MaxValue / 2)
                continue;
            byte[] notes = new byte[size];
            if (TryFill(read, notes, (long)offset) && FindNote(notes, alignment == 8 ? 8 : 4) is { } id)
                return id;
        }
        return null;
    }

    private static byte[]? FindNote(ReadOnlySpan<byte> notes, int alignment)
    {
        // Elf64_Nhdr: n_namesz, n_descsz, n_type; name and descriptor follow, each one padded.
        while (notes.Length >= 12)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            if (nameSize > MaximumNotes || size > MaximumNotes)
                return null;
            int start = Align(12 + (int)nameSize, alignment);
            int end = start + (int)size;
            if (end > notes.Length)
                return null;
            if (type == NT_GNU_BUILD_ID && size is > 0 and <= MaximumBuildId && notes.Slice(12, (int)nameSize).SequenceEqual("GNU\0"u8))
                return notes[start..end].ToArray();
            notes = notes[Math.Min(Align(end, alignment), notes.Length)..];
        }
        return null;
    }

    private static int Align(int value, int alignment) => (value + alignment - 1) & -alignment;

    private static bool TryFill(ReadAt read, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            int length = read(buffer, offset);
            if (length <= 0)
                return false;
            buffer = buffer[length..];
            offset += length;
        }
        return true;
    }
}
