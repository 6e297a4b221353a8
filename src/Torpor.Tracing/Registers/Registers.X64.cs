using System.Runtime.InteropServices;
using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>struct user_regs_struct of x86-64 (NT_PRSTATUS). The members above the line are this architecture's; the rest of the code uses those below.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Registers : IEquatable<Registers>
{
    public ulong R15, R14, R13, R12, Rbp, Rbx, R11, R10, R9, R8, Rax, Rcx, Rdx, Rsi, Rdi, OrigRax;
    public ulong Rip, Cs, Eflags, Rsp, Ss, FsBase, GsBase, Ds, Es, Fs, Gs;

    public const int NT_PRSTATUS = 1;

    /// <summary>The instruction that enters the kernel: <c>syscall</c>.</summary>
    public static ReadOnlySpan<byte> SyscallInstruction => [0x0f, 0x05];

    /// <summary>Code segment of 64-bit user code; a 32-bit task runs in 0x23.</summary>
    public const ulong UserCodeSegment = 0x33;

    public readonly bool Is64Bit => Cs == UserCodeSegment;

    public RemoteAddress InstructionPointer
    {
        readonly get => new(Rip);
        set => Rip = value.Value;
    }

    public RemoteAddress StackPointer
    {
        readonly get => new(Rsp);
        set => Rsp = value.Value;
    }

    /// <summary>Bytes below the stack pointer that the ABI lets a leaf function use.</summary>
    public const ulong RedZone = 128;

    /// <summary>The system call the thread is in, or -1: then the kernel does not think of restarting any.</summary>
    public long PendingSyscall
    {
        readonly get => (long)OrigRax;
        set => OrigRax = (ulong)value;
    }

    public long SyscallResult
    {
        readonly get => (long)Rax;
        set => Rax = (ulong)value;
    }

    /// <summary>The system call's arguments as the thread passed them; the kernel leaves these registers alone.</summary>
    public readonly ulong SyscallArgument(int index) => index switch
    {
        0 => Rdi,
        1 => Rsi,
        2 => Rdx,
        3 => R10,
        4 => R8,
        5 => R9,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>Makes the pending system call start over when the thread runs on.</summary>
    public void RewindSyscall()
    {
        Rax = OrigRax;
        Rip -= (ulong)SyscallInstruction.Length;
        OrigRax = ulong.MaxValue;
    }

    /// <summary>The reverse of <see cref="RewindSyscall"/>: behind the call's instruction, with the call pending.</summary>
    public void UnwindSyscall()
    {
        OrigRax = Rax;
        Rip += (ulong)SyscallInstruction.Length;
    }

    /// <summary>Points the thread at the interpreter with a program's first record.</summary>
    public void EnterInterpreter(RemoteAddress code, RemoteAddress record)
    {
        Rip = code.Value;
        Rdi = record.Value;
        OrigRax = ulong.MaxValue;
        Eflags &= ~0x100UL & ~0x400UL; // no single step, string operations upwards
    }

    /// <summary>Loads a system call's number and arguments, to be made when the thread runs on at a system call instruction.</summary>
    public void SetSyscall(SyscallNumber number, ReadOnlySpan<ulong> arguments)
    {
        Span<ulong> six = stackalloc ulong[6];
        arguments.CopyTo(six);
        (Rdi, Rsi, Rdx, R10, R8, R9) = (six[0], six[1], six[2], six[3], six[4], six[5]);
        Rax = (ulong)number;
        OrigRax = ulong.MaxValue;
    }

    /// <summary>The record the interpreter stands at; after a surprise, the one that surprised.</summary>
    public readonly RemoteAddress InterpreterRecord => new(Rbx);

    public readonly RemoteAddress FailedRecord => new(Rbp);

    public readonly bool Equals(Registers other) => Bytes(ref System.Runtime.CompilerServices.Unsafe.AsRef(in this)).SequenceEqual(Bytes(ref other));

    public override readonly bool Equals(object? obj) => obj is Registers other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(Rip, Rsp, Rax);

    public override readonly string ToString() => $"ip 0x{Rip:x} sp 0x{Rsp:x} result 0x{Rax:x} syscall {(long)OrigRax}";

    public static bool operator ==(Registers left, Registers right) => left.Equals(right);

    public static bool operator !=(Registers left, Registers right) => !left.Equals(right);

    /// <summary>The struct as the bytes of the register set.</summary>
    public static Span<byte> Bytes(ref Registers registers) => MemoryMarshal.AsBytes(new Span<Registers>(ref registers));
}
