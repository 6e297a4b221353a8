using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <summary>Seccomp as a tracer sees it, see ptrace(2). All of it needs CAP_SYS_ADMIN in the initial user namespace, and a tracer without seccomp.</summary>
public static unsafe partial class Ptrace
{
    private const int PTRACE_SECCOMP_GET_FILTER = 0x420c;
    private const int PTRACE_SECCOMP_GET_METADATA = 0x420d;

    /// <summary>The size of struct sock_filter.</summary>
    private const int FilterInstructionSize = 8;

    /// <summary>Sets PTRACE_O_* of a stopped tracee; EPERM where one of them needs more privilege.</summary>
    public static bool TrySetOptions(Tid tid, PtraceOptions options, out Errno errno)
    {
        errno = Call(PTRACE_SETOPTIONS, tid, 0, (nint)(int)options).Errno;
        return errno == Errno.None;
    }

    /// <summary>The instructions (struct sock_filter) of one filter of a thread.</summary>
    /// <param name="tid">The thread, in filter mode.</param>
    /// <param name="index">Its place in the chain; 0 is the oldest.</param>
    public static byte[] GetSeccompFilter(Tid tid, int index)
    {
        long length = Call(PTRACE_SECCOMP_GET_FILTER, tid, index, 0).OrThrow($"ptrace(PTRACE_SECCOMP_GET_FILTER {index}) thread {tid}");
        byte[] code = new byte[length * FilterInstructionSize];
        // Sound: a filter never changes, so the kernel writes the length that it has told.
        fixed (byte* p = code)
            Call(PTRACE_SECCOMP_GET_FILTER, tid, index, (nint)p).OrThrow($"ptrace(PTRACE_SECCOMP_GET_FILTER {index}) thread {tid}");
        return code;
    }

    /// <summary>SECCOMP_FILTER_FLAG_* of one filter of a thread; of these the kernel tells SECCOMP_FILTER_FLAG_LOG only, from 4.16 on.</summary>
    public static ulong GetSeccompFlags(Tid tid, int index)
    {
        SeccompMetadata metadata = new() { FilterOffset = (ulong)index };
        Call(PTRACE_SECCOMP_GET_METADATA, tid, sizeof(SeccompMetadata), (nint)(&metadata)).OrThrow($"ptrace(PTRACE_SECCOMP_GET_METADATA {index}) thread {tid}");
        return metadata.Flags;
    }

    private struct SeccompMetadata
    {
        public ulong FilterOffset;
        public ulong Flags;
    }
}
