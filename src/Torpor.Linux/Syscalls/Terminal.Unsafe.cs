namespace Torpor.Linux;

/// <summary>Foreground process groups of terminals, see tcgetpgrp(3).</summary>
public static unsafe class Terminal
{
    private const int TIOCGPGRP = 0x540f;
    private const int TIOCSPGRP = 0x5410;
    private const int SIG_BLOCK = 0;
    private const int SIG_SETMASK = 2;

    /// <summary>The foreground group of the terminal; -1 when the descriptor is no terminal of this session.</summary>
    public static int ForegroundGroup(int fd)
    {
        int group = -1;
        SyscallResult result = Syscall.Invoke(SyscallNumber.ioctl, fd, TIOCGPGRP, (nint)(&group));
        return result.IsError ? -1 : group;
    }

    /// <summary>Makes a group the foreground one. A background process may do so only with SIGTTOU blocked, which this does meanwhile.</summary>
    public static bool SetForegroundGroup(int fd, int group, int sigttou)
    {
        ulong block = 1UL << (sigttou - 1);
        ulong before = 0;
        Syscall.Invoke(SyscallNumber.rt_sigprocmask, SIG_BLOCK, (nint)(&block), (nint)(&before), sizeof(ulong));
        SyscallResult result = Syscall.Invoke(SyscallNumber.ioctl, fd, TIOCSPGRP, (nint)(&group));
        Syscall.Invoke(SyscallNumber.rt_sigprocmask, SIG_SETMASK, (nint)(&before), 0, sizeof(ulong));
        return !result.IsError;
    }
}
