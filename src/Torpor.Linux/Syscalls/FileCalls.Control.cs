using System.Runtime.InteropServices;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Ioctls;

namespace Torpor.Linux;

/// <summary>Who gets a descriptor's signals, see F_GETOWN_EX in fcntl(2).</summary>
/// <param name="Type">F_OWNER_TID, F_OWNER_PID or F_OWNER_PGRP.</param>
/// <param name="Id">As seen from the caller's pid namespace; zero when nobody does.</param>
public readonly record struct FileOwner(int Type, int Id);

/// <content>fcntl(2) and ioctl(2).</content>
public static partial class FileCalls
{
    /// <summary>The status flags and the access mode, O_*.</summary>
    public static int GetFlags(Fd fd) => Fcntl(fd, F_GETFL, 0, "F_GETFL");

    /// <summary>Sets the status flags that can be changed: O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME, O_NONBLOCK.</summary>
    public static void SetFlags(Fd fd, int flags) => Fcntl(fd, F_SETFL, flags, "F_SETFL");

    /// <summary>FD_CLOEXEC or nothing.</summary>
    public static int GetDescriptorFlags(Fd fd) => Fcntl(fd, F_GETFD, 0, "F_GETFD");

    public static void SetDescriptorFlags(Fd fd, int flags) => Fcntl(fd, F_SETFD, flags, "F_SETFD");

    /// <summary>A duplicate, closing on exec, with the lowest free number from <paramref name="lowest"/> on.</summary>
    public static Fd Duplicate(Fd fd, int lowest = 0) => new(Fcntl(fd, F_DUPFD_CLOEXEC, lowest, "F_DUPFD_CLOEXEC"));

    /// <summary>The signal sent for O_ASYNC; zero means SIGIO.</summary>
    public static int GetSignal(Fd fd) => Fcntl(fd, F_GETSIG, 0, "F_GETSIG");

    /// <summary>Who gets the signals for O_ASYNC.</summary>
    public static FileOwner GetOwner(Fd fd)
    {
        Span<int> owner = stackalloc int[2];
        Syscall.Invoke(SyscallNumber.fcntl, fd, F_GETOWN_EX, MemoryMarshal.AsBytes(owner)).OrThrow($"fcntl F_GETOWN_EX {fd}");
        return new FileOwner(owner[0], owner[1]);
    }

    /// <summary>The real and effective uid of whoever set the owner.</summary>
    public static (uint Real, uint Effective) GetOwnerUids(Fd fd)
    {
        Span<uint> uids = stackalloc uint[2];
        Syscall.Invoke(SyscallNumber.fcntl, fd, F_GETOWNER_UIDS, MemoryMarshal.AsBytes(uids)).OrThrow($"fcntl F_GETOWNER_UIDS {fd}");
        return (uids[0], uids[1]);
    }

    /// <summary>F_RDLCK, F_WRLCK or F_UNLCK.</summary>
    public static int GetLease(Fd fd) => Fcntl(fd, F_GETLEASE, 0, "F_GETLEASE");

    /// <summary>A pipe's capacity in bytes.</summary>
    public static int GetPipeSize(Fd fd) => Fcntl(fd, F_GETPIPE_SZ, 0, "F_GETPIPE_SZ");

    /// <summary>Sets a pipe's capacity in bytes, rounded up by the kernel; returns the new one.</summary>
    public static int SetPipeSize(Fd fd, int size) => Fcntl(fd, F_SETPIPE_SZ, size, "F_SETPIPE_SZ");

    /// <summary>A memory file's seals, F_SEAL_*.</summary>
    public static int GetSeals(Fd fd) => Fcntl(fd, F_GET_SEALS, 0, "F_GET_SEALS");

    public static void AddSeals(Fd fd, int seals) => Fcntl(fd, F_ADD_SEALS, seals, "F_ADD_SEALS");

    private static int Fcntl(Fd fd, int command, long argument, string name)
    {
        SyscallResult result = Syscall.Invoke(SyscallNumber.fcntl, fd.Value, command, argument);
        return result.IsError ? throw new LinuxException($"fcntl {name} {fd}", result.Errno) : (int)result.Raw;
    }

    /// <summary>fchownat(2); false where the caller may not.</summary>
    public static bool TryChangeOwner(string path, uint uid, uint gid) =>
        !Syscall.Invoke(SyscallNumber.fchownat, AT_FDCWD, PathText.EncodeTerminated(path), uid, gid, 0).IsError;

    /// <summary>ioctl(2) with a number.</summary>
    public static SyscallResult Ioctl(Fd fd, uint request, long argument = 0) => Syscall.Invoke(SyscallNumber.ioctl, fd.Value, request, argument);

    /// <summary>ioctl(2) with a buffer, which must be as long as the request says.</summary>
    public static SyscallResult Ioctl(Fd fd, uint request, Span<byte> argument) => Syscall.Invoke(SyscallNumber.ioctl, fd, request, argument);

    /// <summary>ioctl(2) with a structure.</summary>
    public static SyscallResult Ioctl<T>(Fd fd, uint request, ref T argument) where T : unmanaged =>
        Syscall.Invoke(SyscallNumber.ioctl, fd, request, SyscallArgument.Of(ref argument));

    /// <summary>How many bytes can be read now, FIONREAD.</summary>
    public static int BytesReadable(Fd fd)
    {
        int count = 0;
        Ioctl(fd, FIONREAD, ref count).OrThrow($"ioctl FIONREAD {fd}");
        return count;
    }

    /// <summary>The foreground process group of a terminal; only the caller's own controlling terminal tells. See ioctl_tty(2).</summary>
    public static Pid GetForegroundGroup(Fd terminal)
    {
        int group = 0;
        Ioctl(terminal, TIOCGPGRP, ref group).OrThrow($"ioctl TIOCGPGRP {terminal}");
        return new Pid(group);
    }

    /// <summary>Makes a process group the foreground one. From a background group, SIGTTOU comes unless it is blocked or ignored.</summary>
    public static void SetForegroundGroup(Fd terminal, Pid group)
    {
        int value = group.Value;
        Ioctl(terminal, TIOCSPGRP, ref value).OrThrow($"ioctl TIOCSPGRP {terminal}");
    }

    /// <summary>True when the descriptor is a terminal.</summary>
    public static bool IsTerminal(Fd fd)
    {
        Span<byte> termios = stackalloc byte[64];
        return !Ioctl(fd, TCGETS, termios).IsError;
    }

    /// <summary>Which of the events are ready, POLLERR and POLLHUP always among them; waits up to a number of milliseconds, without end for -1. See poll(2).</summary>
    public static short Poll(Fd fd, short events, int timeout = 0)
    {
        // struct pollfd: s32 fd, s16 events, s16 revents.
        Span<short> entry = [(short)fd.Value, (short)(fd.Value >> 16), events, 0];
        long deadline = Environment.TickCount64 + timeout;
        while (true)
        {
            SyscallResult result = Syscall.Invoke(SyscallNumber.poll, MemoryMarshal.AsBytes(entry), 1, timeout);
            if (result.Errno != Errno.EINTR)
            {
                result.OrThrow($"poll {fd}");
                return entry[3];
            }
            if (timeout > 0)
                timeout = (int)Math.Max(0, deadline - Environment.TickCount64);
        }
    }
}
