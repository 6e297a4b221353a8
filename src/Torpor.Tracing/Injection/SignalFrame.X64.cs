using System.Buffers.Binary;

namespace Torpor.Tracing;

/// <summary>
/// The frame that rt_sigreturn(2) reads: with the stack pointer at its start, that call puts back every register, the
/// FPU state and the signal mask. It is what makes injected code end by itself when nobody is left to end it.
/// </summary>
public static class SignalFrame
{
    // struct ucontext of x86-64: uc_flags, uc_link, uc_stack (24 bytes), uc_mcontext (256), uc_sigmask.
    private const int StackFlagsOffset = 24;
    private const int ContextOffset = 40;
    private const int SegmentsOffset = ContextOffset + (18 * 8);
    private const int FpStateOffset = ContextOffset + 184;
    private const int MaskOffset = ContextOffset + 256;
    private const int UcontextSize = MaskOffset + 8;

    private const ulong UC_FP_XSTATE = 1;
    private const ulong UC_SIGCONTEXT_SS = 2;
    private const ulong UC_STRICT_RESTORE_SS = 4;
    private const uint FP_XSTATE_MAGIC1 = 0x46505853;
    private const uint FP_XSTATE_MAGIC2 = 0x46505845;
    private const int SoftwareBytesOffset = 464;

    /// <summary>Alternate stack flags that the kernel refuses, so that it leaves the alternate stack as it is.</summary>
    private const int InvalidStackFlags = 0x7fff;

    /// <summary>Frames start at a multiple of this.</summary>
    public const int Alignment = 64;

    /// <summary>The ucontext, padded, and then the xsave area with its end mark.</summary>
    public static int SizeFor(int xstateLength) => Align(UcontextSize) + Align(xstateLength + sizeof(uint));

    /// <summary>Writes a frame.</summary>
    /// <param name="frame">The place to write to, <see cref="SizeFor"/> bytes.</param>
    /// <param name="address">Its address in the task, aligned to <see cref="Alignment"/>.</param>
    /// <param name="registers">Settled registers: the kernel restarts nothing after rt_sigreturn.</param>
    /// <param name="xstate">The xsave area as ptrace reads it.</param>
    /// <param name="signalMask">The mask to go on with.</param>
    public static void Write(Span<byte> frame, ulong address, in Registers registers, ReadOnlySpan<byte> xstate, ulong signalMask)
    {
        frame.Clear();
        int xstateOffset = Align(UcontextSize);
        BinaryPrimitives.WriteUInt64LittleEndian(frame, UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS);
        BinaryPrimitives.WriteInt32LittleEndian(frame[StackFlagsOffset..], InvalidStackFlags);
        ReadOnlySpan<ulong> order =
        [
            registers.R8, registers.R9, registers.R10, registers.R11, registers.R12, registers.R13, registers.R14, registers.R15,
            registers.Rdi, registers.Rsi, registers.Rbp, registers.Rbx, registers.Rdx, registers.Rax, registers.Rcx, registers.Rsp,
            registers.Rip, registers.Eflags,
        ];
        for (int i = 0; i < order.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(frame[(ContextOffset + (8 * i))..], order[i]);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[SegmentsOffset..], (ushort)registers.Cs);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[(SegmentsOffset + 6)..], (ushort)registers.Ss);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[FpStateOffset..], address + (ulong)xstateOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[MaskOffset..], signalMask);
        WriteXState(frame[xstateOffset..], xstate);
    }

    private static void WriteXState(Span<byte> area, ReadOnlySpan<byte> xstate)
    {
        xstate.CopyTo(area);
        // ptrace leaves XCR0 where a signal frame has struct _fpx_sw_bytes.
        ulong features = BinaryPrimitives.ReadUInt64LittleEndian(xstate[SoftwareBytesOffset..]);
        Span<byte> software = area.Slice(SoftwareBytesOffset, 48);
        software.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(software, FP_XSTATE_MAGIC1);
        BinaryPrimitives.WriteUInt32LittleEndian(software[4..], (uint)xstate.Length + sizeof(uint));
        BinaryPrimitives.WriteUInt64LittleEndian(software[8..], features);
        BinaryPrimitives.WriteUInt32LittleEndian(software[16..], (uint)xstate.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(area[xstate.Length..], FP_XSTATE_MAGIC2);
    }

    private static int Align(int length) => (length + Alignment - 1) & -Alignment;
}
