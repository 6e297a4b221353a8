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
}
