using System.Runtime.InteropServices;
using Torpor.Linux.ProcFs;

namespace Torpor.Linux;

/// <summary>Processes and threads: signals, limits, scheduling, credentials, namespaces.</summary>
public static partial class ProcessCalls
{
    /// <summary>The caller's process id.</summary>
    public static Pid GetPid() => new((int)Syscall.Invoke(SyscallNumber.getpid).Raw);

    /// <summary>The calling thread's id.</summary>
    public static Tid GetTid() => new((int)Syscall.Invoke(SyscallNumber.gettid).Raw);

    public static uint GetUid() => (uint)Syscall.Invoke(SyscallNumber.getuid).Raw;

    public static uint GetEffectiveUid() => (uint)Syscall.Invoke(SyscallNumber.geteuid).Raw;

    public static uint GetGid() => (uint)Syscall.Invoke(SyscallNumber.getgid).Raw;

    public static uint GetEffectiveGid() => (uint)Syscall.Invoke(SyscallNumber.getegid).Raw;

    /// <summary>The process group of a process; the caller's own for zero. See getpgid(2).</summary>
    public static int GetProcessGroup(Pid pid) => (int)Syscall.Invoke(SyscallNumber.getpgid, pid.Value).OrThrow($"getpgid {pid}");

    /// <summary>The session of a process; the caller's own for zero. See getsid(2).</summary>
    public static int GetSession(Pid pid) => (int)Syscall.Invoke(SyscallNumber.getsid, pid.Value).OrThrow($"getsid {pid}");

    /// <summary>Sends a signal to a process; 0 only asks whether it could. See kill(2).</summary>
    public static void Kill(Pid pid, int signal) => Syscall.Invoke(SyscallNumber.kill, pid.Value, signal).OrThrow($"kill {pid} with {signal}");

    /// <summary>Sends a signal to one thread. See tgkill(2).</summary>
    public static void Kill(Pid pid, Tid tid, int signal) =>
        Syscall.Invoke(SyscallNumber.tgkill, pid.Value, tid.Value, signal).OrThrow($"tgkill {pid}/{tid} with {signal}");

    /// <summary>A resource limit of a process, the caller's own for zero. Another user's needs CAP_SYS_RESOURCE: read /proc/PID/limits. See prlimit(2).</summary>
    public static ResourceLimit GetLimit(Pid pid, int resource)
    {
        Span<ulong> limit = stackalloc ulong[2];
        Syscall.Invoke(SyscallNumber.prlimit64, pid.Value, resource, 0, MemoryMarshal.AsBytes(limit)).OrThrow($"prlimit {pid} {resource}");
        return new ResourceLimit(limit[0], limit[1]);
    }

    /// <summary>Sets a resource limit. Raising the hard one needs CAP_SYS_RESOURCE.</summary>
    public static void SetLimit(Pid pid, int resource, ResourceLimit value)
    {
        Span<ulong> limit = [value.Soft, value.Hard];
        Syscall.Invoke(SyscallNumber.prlimit64, pid.Value, resource, MemoryMarshal.AsBytes(limit)).OrThrow($"prlimit {pid} {resource}");
    }

    /// <summary>A thread's scheduling policy and parameters; needs no privilege. See sched_setattr(2).</summary>
    public static SchedulingAttributes GetScheduling(Tid tid)
    {
        SchedulingAttributes attributes = default;
        Syscall.Invoke(SyscallNumber.sched_getattr, tid.Value, SyscallArgument.Of(ref attributes), Marshal.SizeOf<SchedulingAttributes>())
            .OrThrow($"sched_getattr {tid}");
        return attributes;
    }

    /// <summary>The set of processors a thread may run on, a bit each from the first byte's lowest on. See sched_setaffinity(2).</summary>
    public static byte[] GetAffinity(Tid tid)
    {
        for (int size = 128; ; size *= 2)
        {
            byte[] set = new byte[size];
            SyscallResult result = Syscall.Invoke(SyscallNumber.sched_getaffinity, tid.Value, size, set);
            // EINVAL: the kernel's own set is larger than the buffer.
            if (result.Errno != Errno.EINVAL || size >= 65536)
                return set[..(int)result.OrThrow($"sched_getaffinity {tid}")];
        }
    }

    /// <summary>A thread's I/O priority: class in the bits from 13 on, level below. See ioprio_get(2).</summary>
    public static int GetIoPriority(Tid tid)
    {
        const int IOPRIO_WHO_PROCESS = 1;
        return (int)Syscall.Invoke(SyscallNumber.ioprio_get, IOPRIO_WHO_PROCESS, tid.Value).OrThrow($"ioprio_get {tid}");
    }

    /// <summary>Where a thread's list of robust futexes starts, and the length of its head in bytes. Needs PTRACE_MODE_READ access. See get_robust_list(2).</summary>
    public static (RemoteAddress Head, ulong Length) GetRobustList(Tid tid)
    {
        ulong head = 0;
        ulong length = 0;
        Syscall.Invoke(SyscallNumber.get_robust_list, tid.Value, SyscallArgument.Of(ref head), SyscallArgument.Of(ref length))
            .OrThrow($"get_robust_list {tid}");
        return (new RemoteAddress(head), length);
    }

    /// <summary>prctl(2) with plain numbers.</summary>
    public static SyscallResult Prctl(int option, long a1 = 0, long a2 = 0, long a3 = 0, long a4 = 0) =>
        Syscall.Invoke(SyscallNumber.prctl, option, a1, a2, a3, a4);

    /// <summary>
    /// Moves the calling thread into a namespace; CLONE_NEW* or zero for any. A user or mount namespace can't be entered by a
    /// process of several threads. See setns(2).
    /// </summary>
    public static void SetNamespace(Fd fd, int type) => Syscall.Invoke(SyscallNumber.setns, fd.Value, type).OrThrow($"setns {fd}");

    /// <summary>Gives the calling thread namespaces or tables of its own; CLONE_*. See unshare(2).</summary>
    public static void Unshare(long flags) => Syscall.Invoke(SyscallNumber.unshare, flags).OrThrow($"unshare 0x{flags:x}");

    /// <summary>The 64-bit capability sets of a thread, the caller's for zero. See capget(2).</summary>
    public static CapabilitySets GetCapabilities(Tid tid)
    {
        Span<uint> header = [LINUX_CAPABILITY_VERSION_3, (uint)tid.Value];
        Span<uint> data = stackalloc uint[6];
        Syscall.Invoke(SyscallNumber.capget, MemoryMarshal.AsBytes(header), MemoryMarshal.AsBytes(data)).OrThrow($"capget {tid}");
        return new CapabilitySets(data[0] | ((ulong)data[3] << 32), data[1] | ((ulong)data[4] << 32), data[2] | ((ulong)data[5] << 32));
    }

    /// <summary>Sets the calling thread's capability sets. See capset(2).</summary>
    public static void SetCapabilities(CapabilitySets sets)
    {
        Span<uint> header = [LINUX_CAPABILITY_VERSION_3, 0];
        Span<uint> data =
        [
            (uint)sets.Effective, (uint)sets.Permitted, (uint)sets.Inheritable,
            (uint)(sets.Effective >> 32), (uint)(sets.Permitted >> 32), (uint)(sets.Inheritable >> 32),
        ];
        Syscall.Invoke(SyscallNumber.capset, MemoryMarshal.AsBytes(header), MemoryMarshal.AsBytes(data)).OrThrow("capset");
    }

    private const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;
}

/// <summary>A thread's capability sets, a bit for each CAP_* number.</summary>
public readonly record struct CapabilitySets(ulong Effective, ulong Permitted, ulong Inheritable);

/// <summary><c>struct sched_attr</c> of linux/sched/types.h. Times in nanoseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SchedulingAttributes
{
    public uint size;
    public uint sched_policy;
    public ulong sched_flags;
    public int sched_nice;
    public uint sched_priority;
    public ulong sched_runtime;
    public ulong sched_deadline;
    public ulong sched_period;
    public uint sched_util_min;
    public uint sched_util_max;
}
