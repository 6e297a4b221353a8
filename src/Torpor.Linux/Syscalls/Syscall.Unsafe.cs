using System.Runtime.InteropServices;

namespace Torpor.Linux;

/// <summary>The raw system call: the one place where this process enters the kernel on its own behalf.</summary>
public static partial class Syscall
{
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint LibcSyscall(nint number, nint a0, nint a1, nint a2, nint a3, nint a4, nint a5);

    /// <summary>Makes a system call whose arguments are plain numbers. EINTR is returned, not retried.</summary>
    public static SyscallResult Invoke(SyscallNumber number, long a0 = 0, long a1 = 0, long a2 = 0, long a3 = 0, long a4 = 0, long a5 = 0)
    {
        nint result = LibcSyscall((nint)number, (nint)a0, (nint)a1, (nint)a2, (nint)a3, (nint)a4, (nint)a5);
        return new SyscallResult(result == -1 ? -Marshal.GetLastPInvokeError() : result);
    }

    /// <summary>Makes a system call whose arguments are numbers or buffers. EINTR is returned, not retried.</summary>
    public static unsafe SyscallResult Invoke(
        SyscallNumber number,
        SyscallArgument a0,
        SyscallArgument a1,
        SyscallArgument a2 = default,
        SyscallArgument a3 = default,
        SyscallArgument a4 = default,
        SyscallArgument a5 = default)
    {
        // Sound: each buffer stays pinned until the call returns, and the kernel keeps no address longer. A number's
        // reference is null and pins nothing. That a buffer is as long as the call expects is each facility's duty.
        fixed (byte* p0 = a0, p1 = a1, p2 = a2, p3 = a3, p4 = a4, p5 = a5)
        {
            return Invoke(
                number,
                (long)p0 + a0.Value,
                (long)p1 + a1.Value,
                (long)p2 + a2.Value,
                (long)p3 + a3.Value,
                (long)p4 + a4.Value,
                (long)p5 + a5.Value);
        }
    }

    /// <summary>As <see cref="Invoke(SyscallNumber, SyscallArgument, SyscallArgument, SyscallArgument, SyscallArgument, SyscallArgument, SyscallArgument)"/>, and again after EINTR. Not for calls with a relative timeout.</summary>
    public static SyscallResult InvokeRestarting(
        SyscallNumber number,
        SyscallArgument a0,
        SyscallArgument a1,
        SyscallArgument a2 = default,
        SyscallArgument a3 = default,
        SyscallArgument a4 = default,
        SyscallArgument a5 = default)
    {
        while (true)
        {
            SyscallResult result = Invoke(number, a0, a1, a2, a3, a4, a5);
            if (result.Errno != Errno.EINTR)
                return result;
        }
    }
}
