using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Torpor.Linux;

/// <summary>An argument of a system call: a number, or a buffer of which the kernel gets the address. The buffer is pinned while the call runs.</summary>
public readonly ref struct SyscallArgument
{
    private readonly ref readonly byte _buffer;

    private SyscallArgument(long value) => Value = value;

    private SyscallArgument(ref readonly byte buffer) => _buffer = ref buffer;

    /// <summary>The number; zero when the argument is a buffer.</summary>
    public long Value { get; }

    public static implicit operator SyscallArgument(long value) => new(value);

    public static implicit operator SyscallArgument(ulong value) => new((long)value);

    public static implicit operator SyscallArgument(int value) => new((long)value);

    public static implicit operator SyscallArgument(uint value) => new((long)value);

    public static implicit operator SyscallArgument(Fd fd) => new((long)fd.Value);

    public static implicit operator SyscallArgument(Span<byte> buffer) => new(in MemoryMarshal.GetReference(buffer));

    public static implicit operator SyscallArgument(ReadOnlySpan<byte> buffer) => new(in MemoryMarshal.GetReference(buffer));

    public static implicit operator SyscallArgument(byte[] buffer) => buffer.AsSpan();

    /// <summary>The address of a structure.</summary>
    public static SyscallArgument Of<T>(ref T structure) where T : unmanaged => new(in Unsafe.As<T, byte>(ref structure));

    /// <summary>For the <c>fixed</c> statement; a null reference when the argument is a number.</summary>
    public ref readonly byte GetPinnableReference() => ref _buffer;
}
