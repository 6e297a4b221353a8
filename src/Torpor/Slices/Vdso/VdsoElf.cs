using System.Buffers.Binary;

namespace Torpor.Slices.Vdso;

/// <summary>The [vdso] mapping is a whole ELF file, padded with zeros to pages.</summary>
internal static class VdsoElf
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SectionHeaderSize = 64;

    /// <summary>
    /// The file without the padding: the kernel's own, the same in every process. What lies behind it is not compared,
    /// because a tracer may have put code there. Everything when it is no ELF file.
    /// </summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> mapping)
    {
        if (mapping.Length < HeaderSize || !mapping.StartsWith("\x7f"u8) || !mapping[1..].StartsWith("ELF"u8) || mapping[4] != 2)
            return mapping;
        ulong end = HeaderSize;
        end = Math.Max(end, TableEnd(mapping, offsetAt: 0x20, countAt: 0x38, ProgramHeaderSize));
        end = Math.Max(end, TableEnd(mapping, offsetAt: 0x28, countAt: 0x3c, SectionHeaderSize));
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(mapping[0x20..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(mapping[0x38..]);
        for (int i = 0; i < count; i++)
        {
            ulong at = first + ((ulong)i * ProgramHeaderSize);
            if (at > (ulong)(mapping.Length - ProgramHeaderSize))
                break;
            ReadOnlySpan<byte> header = mapping[(int)at..];
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            if (offset <= (ulong)mapping.Length && size <= (ulong)mapping.Length - offset)
                end = Math.Max(end, offset + size);
        }
        return mapping[..(int)Math.Min(end, (ulong)mapping.Length)];
    }

    private static ulong TableEnd(ReadOnlySpan<byte> mapping, int offsetAt, int countAt, int entrySize)
    {
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(mapping[offsetAt..]);
        uint count = BinaryPrimitives.ReadUInt16LittleEndian(mapping[countAt..]);
        return offset > (ulong)mapping.Length ? 0 : offset + (count * (ulong)entrySize);
    }
}
