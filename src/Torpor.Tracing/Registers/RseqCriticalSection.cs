using System.Buffers.Binary;
using Torpor.Linux;
using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>
/// Restartable sequences, rseq(2): a thread that was stopped inside a critical section must go on at the section's abort
/// handler. The kernel sees to it on the way back to user mode, but injected code would come first and make it forget.
/// </summary>
public static class RseqCriticalSection
{
    private const int RseqCsOffset = 8;

    /// <summary>The registers, moved to the abort handler when they stand inside a critical section.</summary>
    public static Registers Abort(Registers registers, RseqConfiguration? rseq, RemoteMemory memory)
    {
        if (rseq is not { AbiPointer.IsNull: false } configuration)
            return registers;
        Span<byte> pointer = stackalloc byte[8];
        if (!memory.TryRead(configuration.AbiPointer + RseqCsOffset, pointer))
            return registers;
        ulong descriptor = BinaryPrimitives.ReadUInt64LittleEndian(pointer);
        Span<byte> section = stackalloc byte[32];
        if (descriptor == 0 || !memory.TryRead(new RemoteAddress(descriptor), section))
            return registers;
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(section[8..]);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(section[16..]);
        ulong abort = BinaryPrimitives.ReadUInt64LittleEndian(section[24..]);
        if (registers.InstructionPointer.Value - start < length)
        {
            registers.InstructionPointer = new RemoteAddress(abort);
            registers.PendingSyscall = -1;
        }
        return registers;
    }
}
