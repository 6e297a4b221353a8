using System.Runtime.CompilerServices;
using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <summary>
/// ptrace(2). All calls for one tracee come from the OS thread that seized it: the kernel ties a tracee to a thread, not
/// to a process. Every call but Seize and Interrupt wants the tracee stopped.
/// </summary>
public static unsafe partial class Ptrace
{
    private const int PTRACE_POKEDATA = 5;
    private const int PTRACE_CONT = 7;
    private const int PTRACE_DETACH = 17;
    private const int PTRACE_SYSCALL = 24;
    private const int PTRACE_SETOPTIONS = 0x4200;
    private const int PTRACE_GETEVENTMSG = 0x4201;
    private const int PTRACE_GETSIGINFO = 0x4202;
    private const int PTRACE_GETREGSET = 0x4204;
    private const int PTRACE_SETREGSET = 0x4205;
    private const int PTRACE_SEIZE = 0x4206;
    private const int PTRACE_INTERRUPT = 0x4207;
    private const int PTRACE_PEEKSIGINFO = 0x4209;
    private const int PTRACE_GETSIGMASK = 0x420a;
    private const int PTRACE_SETSIGMASK = 0x420b;
    private const int PTRACE_GET_RSEQ_CONFIGURATION = 0x420f;
    private const int PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG = 0x4211;

    private const uint PTRACE_PEEKSIGINFO_SHARED = 1;
    private const int __WALL = 0x40000000;
    private const int SigInfoSize = 128;

    /// <summary>Attaches without stopping. Needs PTRACE_MODE_ATTACH_REALCREDS.</summary>
    public static void Seize(Tid tid, PtraceOptions options) =>
        Call(PTRACE_SEIZE, tid, 0, (nint)(int)options).OrThrow($"ptrace(PTRACE_SEIZE) thread {tid}");

    public static bool TrySeize(Tid tid, PtraceOptions options, out Errno errno)
    {
        SyscallResult result = Call(PTRACE_SEIZE, tid, 0, (nint)(int)options);
        errno = result.Errno;
        return !result.IsError;
    }

    /// <summary>Asks for a stop, which <see cref="Wait"/> then reports. False when the thread is gone.</summary>
    public static bool TryInterrupt(Tid tid) => !Call(PTRACE_INTERRUPT, tid, 0, 0).IsError;

    public static void SetOptions(Tid tid, PtraceOptions options) =>
        Call(PTRACE_SETOPTIONS, tid, 0, (nint)(int)options).OrThrow($"ptrace(PTRACE_SETOPTIONS) thread {tid}");

    public static void Cont(Tid tid, int signal = 0) =>
        Call(PTRACE_CONT, tid, 0, signal).OrThrow($"ptrace(PTRACE_CONT) thread {tid}");

    /// <summary>Lets the thread run to the next entry or exit of a system call.</summary>
    public static void ContToSyscall(Tid tid, int signal = 0) =>
        Call(PTRACE_SYSCALL, tid, 0, signal).OrThrow($"ptrace(PTRACE_SYSCALL) thread {tid}");

    /// <summary>Lets go of the thread; false when it is gone.</summary>
    public static bool TryDetach(Tid tid, int signal = 0) => !Call(PTRACE_DETACH, tid, 0, signal).IsError;

    /// <summary>Writes eight bytes, whatever the mapping's protection.</summary>
    public static void PokeData(Tid tid, RemoteAddress address, ulong data) =>
        Call(PTRACE_POKEDATA, tid, (nint)address.Value, (nint)data).OrThrow($"ptrace(PTRACE_POKEDATA) thread {tid} at {address}");

    /// <summary>The new task's id of a fork or clone event, in the caller's pid namespace.</summary>
    public static ulong GetEventMessage(Tid tid)
    {
        nuint message = 0;
        Call(PTRACE_GETEVENTMSG, tid, 0, (nint)(&message)).OrThrow($"ptrace(PTRACE_GETEVENTMSG) thread {tid}");
        return message;
    }

    /// <summary>The siginfo of the signal-delivery stop the thread is in, 128 bytes.</summary>
    public static byte[] GetSigInfo(Tid tid)
    {
        byte[] info = new byte[SigInfoSize];
        fixed (byte* p = info)
            Call(PTRACE_GETSIGINFO, tid, 0, (nint)p).OrThrow($"ptrace(PTRACE_GETSIGINFO) thread {tid}");
        return info;
    }

    /// <summary>Reads a register set (NT_*); returns the number of bytes the kernel filled.</summary>
    public static int GetRegisterSet(Tid tid, int set, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            // Sound: the kernel writes at most iov_len bytes, the pinned span's length.
            Iovec iovec = new() { Base = p, Length = (nuint)buffer.Length };
            Call(PTRACE_GETREGSET, tid, set, (nint)(&iovec)).OrThrow($"ptrace(PTRACE_GETREGSET 0x{set:x}) thread {tid}");
            return (int)iovec.Length;
        }
    }

    public static void SetRegisterSet(Tid tid, int set, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            // Sound: the kernel only reads iov_len bytes of the pinned span.
            Iovec iovec = new() { Base = p, Length = (nuint)buffer.Length };
            Call(PTRACE_SETREGSET, tid, set, (nint)(&iovec)).OrThrow($"ptrace(PTRACE_SETREGSET 0x{set:x}) thread {tid}");
        }
    }

    /// <summary>The blocked signals, bit 0 for signal 1.</summary>
    public static ulong GetSignalMask(Tid tid)
    {
        ulong mask = 0;
        Call(PTRACE_GETSIGMASK, tid, sizeof(ulong), (nint)(&mask)).OrThrow($"ptrace(PTRACE_GETSIGMASK) thread {tid}");
        return mask;
    }

    public static void SetSignalMask(Tid tid, ulong mask) =>
        Call(PTRACE_SETSIGMASK, tid, sizeof(ulong), (nint)(&mask)).OrThrow($"ptrace(PTRACE_SETSIGMASK) thread {tid}");

    /// <summary>The pending signals in the order of the queue, 128 bytes of siginfo each, left where they are.</summary>
    /// <param name="tid">The thread.</param>
    /// <param name="shared">The process's queue rather than the thread's own.</param>
    public static IReadOnlyList<byte[]> PeekSigInfo(Tid tid, bool shared)
    {
        const int batch = 32;
        List<byte[]> all = [];
        byte[] buffer = new byte[batch * SigInfoSize];
        while (true)
        {
            PeekSigInfoArguments arguments = new() { Offset = (ulong)all.Count, Flags = shared ? PTRACE_PEEKSIGINFO_SHARED : 0u, Count = batch };
            long count;
            fixed (byte* p = buffer)
                count = Call(PTRACE_PEEKSIGINFO, tid, (nint)(&arguments), (nint)p).OrThrow($"ptrace(PTRACE_PEEKSIGINFO) thread {tid}");
            for (int i = 0; i < count; i++)
                all.Add(buffer.AsSpan(i * SigInfoSize, SigInfoSize).ToArray());
            if (count < batch)
                return all;
        }
    }

    /// <summary>The thread's rseq(2) registration; null on a kernel without rseq or without this request (5.13).</summary>
    public static RseqConfiguration? GetRseqConfiguration(Tid tid)
    {
        RseqConfigurationLayout layout = default;
        SyscallResult result = Call(PTRACE_GET_RSEQ_CONFIGURATION, tid, sizeof(RseqConfigurationLayout), (nint)(&layout));
        return result.IsError ? null : new RseqConfiguration(new RemoteAddress(layout.Pointer), layout.Size, layout.Signature, layout.Flags);
    }

    /// <summary>True when the thread has its system calls redirected to itself (PR_SET_SYSCALL_USER_DISPATCH).</summary>
    public static bool HasSyscallUserDispatch(Tid tid)
    {
        UserDispatchLayout layout = default;
        SyscallResult result = Call(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, tid, sizeof(UserDispatchLayout), (nint)(&layout));
        return !result.IsError && layout.Mode != 0;
    }

    /// <summary>Waits for a change of one task: a tracee, a child, of any kind. EINTR is retried.</summary>
    public static WaitStatus Wait(Tid tid) =>
        TryWait(tid, block: true, out WaitStatus status) ? status : throw new LinuxException($"wait for {tid}", Errno.ECHILD);

    /// <summary>False when nothing has changed yet, or the task is unknown.</summary>
    public static bool TryWait(Tid tid, bool block, out WaitStatus status)
    {
        const int WNOHANG = 1;
        int raw = 0;
        SyscallResult result;
        do
        {
            result = Syscall.Invoke(SyscallNumber.wait4, tid.Value, (nint)(&raw), __WALL | (block ? 0 : WNOHANG));
        }
        while (result.Errno == Errno.EINTR);
        status = new WaitStatus(raw);
        if (result.IsError && result.Errno != Errno.ECHILD)
            throw new LinuxException($"wait for {tid}", result.Errno);
        return !result.IsError && result.Raw != 0;
    }

    private static SyscallResult Call(int request, Tid tid, nint address, nint data) =>
        Syscall.Invoke(SyscallNumber.ptrace, request, tid.Value, address, data);

    private struct Iovec
    {
        public void* Base;
        public nuint Length;
    }

    private struct PeekSigInfoArguments
    {
        public ulong Offset;
        public uint Flags;
        public int Count;
    }

    private struct RseqConfigurationLayout
    {
        public ulong Pointer;
        public uint Size;
        public uint Signature;
        public uint Flags;
        public uint Padding;
    }

    private struct UserDispatchLayout
    {
        public ulong Mode;
        public ulong Selector;
        public ulong Offset;
        public ulong Length;
    }

    /// <summary>The sizes of the structs above, for the layout test.</summary>
    public static IReadOnlyDictionary<string, int> LayoutSizes { get; } = new Dictionary<string, int>
    {
        ["struct ptrace_peeksiginfo_args"] = Unsafe.SizeOf<PeekSigInfoArguments>(),
        ["struct ptrace_rseq_configuration"] = Unsafe.SizeOf<RseqConfigurationLayout>(),
        ["struct seccomp_metadata"] = Unsafe.SizeOf<SeccompMetadata>(),
        ["struct iovec"] = Unsafe.SizeOf<Iovec>(),
    };
}
