using System.Buffers.Binary;
using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>
/// The program that a restored task starts from: an ELF file of two pages, built in memory. One page holds the
/// interpreter and a loop that waits for the tracer, the others are room for short programs. It is linked at an address
/// that the image leaves free, so nothing of it is in the way of what is to come.
/// </summary>
public static class StubElf
{
    private const int PageSize = 4096;
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int WaitLoopOffset = 0x200;
    private const int InterpreterOffset = 0x240;
    private const uint PT_LOAD = 1;
    private const uint PT_GNU_STACK = 0x6474e551;
    private const uint PF_X = 1;
    private const uint PF_W = 2;
    private const uint PF_R = 4;

    /// <summary>Room for programs, in bytes.</summary>
    public const int RoomLength = 8 * PageSize;

    /// <summary>The whole length in memory.</summary>
    public const int Length = PageSize + RoomLength;

    public static RemoteAddress Interpreter(RemoteAddress start) => start + InterpreterOffset;

    public static RemoteAddress Room(RemoteAddress start) => start + PageSize;

    /// <summary>The file's bytes, linked at <paramref name="start"/>.</summary>
    public static byte[] Build(RemoteAddress start)
    {
        byte[] file = new byte[Length];
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), 62); // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), start.Value + WaitLoopOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(52), HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), 3);
        WriteSegment(file.AsSpan(HeaderSize), PT_LOAD, PF_R | PF_X, 0, start.Value, PageSize);
        WriteSegment(file.AsSpan(HeaderSize + ProgramHeaderSize), PT_LOAD, PF_R | PF_W, PageSize, start.Value + PageSize, RoomLength);
        WriteSegment(file.AsSpan(HeaderSize + (2 * ProgramHeaderSize)), PT_GNU_STACK, PF_R | PF_W, 0, 0, 0);
        InterpreterCode.WaitLoop.CopyTo(file.AsSpan(WaitLoopOffset));
        InterpreterCode.Bytes.CopyTo(file.AsSpan(InterpreterOffset));
        return file;
    }

    private static void WriteSegment(Span<byte> header, uint type, uint flags, ulong offset, ulong address, ulong size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], PageSize);
    }
}
