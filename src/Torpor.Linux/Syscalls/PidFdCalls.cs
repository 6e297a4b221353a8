using System.Diagnostics.CodeAnalysis;

namespace Torpor.Linux;

/// <summary>pidfds: a process held fast, whatever becomes of its pid. All descriptors close on exec.</summary>
public static class PidFdCalls
{
    /// <summary>A pidfd of a process; needs no privilege. ESRCH when it is gone, EINVAL when the id is of a thread. See pidfd_open(2).</summary>
    public static Fd Open(Pid pid) => new((int)Syscall.Invoke(SyscallNumber.pidfd_open, pid.Value).OrThrow($"pidfd_open {pid}"));

    /// <summary>
    /// A duplicate of a descriptor of another process: the same open file description. Needs PTRACE_MODE_ATTACH access.
    /// EBADF when the process has no such descriptor. See pidfd_getfd(2).
    /// </summary>
    public static Fd GetFd(Fd pidFd, RemoteFd fd) =>
        TryGetFd(pidFd, fd, out Fd? duplicate, out Errno errno) ? duplicate : throw new LinuxException($"pidfd_getfd {fd}", errno);

    /// <summary>As <see cref="GetFd"/>; tells the error instead of throwing.</summary>
    public static bool TryGetFd(Fd pidFd, RemoteFd fd, [NotNullWhen(true)] out Fd? duplicate, out Errno errno)
    {
        SyscallResult result = Syscall.Invoke(SyscallNumber.pidfd_getfd, pidFd.Value, fd.Value);
        errno = result.Errno;
        duplicate = result.IsError ? null : new Fd((int)result.Raw);
        return duplicate is not null;
    }

    /// <summary>Sends a signal to the process; 0 only asks whether it could. See pidfd_send_signal(2).</summary>
    public static SyscallResult TrySendSignal(Fd pidFd, int signal) => Syscall.Invoke(SyscallNumber.pidfd_send_signal, pidFd.Value, signal);

    /// <summary>Sends a signal to the process; ESRCH when it is gone.</summary>
    public static void SendSignal(Fd pidFd, int signal) => TrySendSignal(pidFd, signal).OrThrow($"pidfd_send_signal {signal}");
}
