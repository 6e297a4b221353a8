using System.Runtime.InteropServices;

namespace Torpor.Linux;

/// <summary>A range of another process's memory; the layout is that of <c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct RemoteRange(RemoteAddress Start, ulong Length)
{
    public RemoteAddress End => Start + Length;
}

/// <summary>
/// Other processes' memory in bulk. Needs PTRACE_MODE_ATTACH access. Page protections hold: what the process itself can't
/// read or write gives EFAULT; /proc/PID/mem does without them. See process_vm_readv(2).
/// </summary>
public static unsafe class MemoryCalls
{
    /// <summary>How many ranges one call takes: UIO_MAXIOV.</summary>
    public const int MaximumRanges = 1024;

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>Reads one range; the value is the number of bytes, less than asked for where a later page can't be read.</summary>
    public static SyscallResult Read(Pid pid, RemoteAddress address, Span<byte> buffer) =>
        Read(pid, [new RemoteRange(address, (ulong)buffer.Length)], buffer);

    /// <summary>
    /// Reads ranges one behind the other into one buffer; the value is the number of bytes, less than asked for where a
    /// page can't be read: everything before it is there, nothing behind it.
    /// </summary>
    public static SyscallResult Read(Pid pid, ReadOnlySpan<RemoteRange> ranges, Span<byte> buffer) =>
        Transfer(SyscallNumber.process_vm_readv, pid, ranges, buffer);

    /// <summary>Writes one range; the value is the number of bytes, less than given where a later page can't be written.</summary>
    public static SyscallResult Write(Pid pid, RemoteAddress address, ReadOnlySpan<byte> bytes) =>
        Write(pid, [new RemoteRange(address, (ulong)bytes.Length)], bytes);

    /// <summary>Writes ranges from one buffer, in which they lie one behind the other.</summary>
    public static SyscallResult Write(Pid pid, ReadOnlySpan<RemoteRange> ranges, ReadOnlySpan<byte> bytes) =>
        Transfer(SyscallNumber.process_vm_writev, pid, ranges, bytes);

    private static SyscallResult Transfer(SyscallNumber number, Pid pid, ReadOnlySpan<RemoteRange> ranges, ReadOnlySpan<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ranges.Length, MaximumRanges);
        // Sound: both buffers are pinned while the kernel uses them, and the local vector bounds what it touches here,
        // whatever the remote ranges say. A RemoteRange is two 64-bit words, as an iovec is.
        fixed (byte* local = buffer)
        fixed (RemoteRange* remote = ranges)
        {
            var vector = new IoVector { Base = local, Length = (nuint)buffer.Length };
            return Syscall.Invoke(number, pid.Value, (long)&vector, 1, (long)remote, ranges.Length, 0);
        }
    }
}
