using System.Runtime.InteropServices;

namespace Torpor.Linux;

/// <summary>What waitid(2) tells about a child.</summary>
/// <param name="Pid">The child.</param>
/// <param name="Code">CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3, CLD_TRAPPED 4, CLD_STOPPED 5, CLD_CONTINUED 6.</param>
/// <param name="Status">The exit status for CLD_EXITED, else the signal.</param>
public readonly record struct ChildState(Pid Pid, int Code, int Status);

/// <content>Waiting for children.</content>
public static partial class ProcessCalls
{
    /// <summary>Waits for a child; null when WNOHANG finds none ready. ECHILD when there is no such child. See waitid(2).</summary>
    public static ChildState? WaitId(int idType, int id, int options)
    {
        Span<byte> info = stackalloc byte[128];
        info.Clear();
        Syscall.InvokeRestarting(SyscallNumber.waitid, idType, id, info, options).OrThrow($"waitid {id}");
        // siginfo_t: si_signo, si_errno, si_code, a gap, si_pid, si_uid, si_status.
        ReadOnlySpan<int> words = MemoryMarshal.Cast<byte, int>(info);
        return words[4] == 0 ? null : new ChildState(new Pid(words[4]), words[2], words[6]);
    }

    /// <summary>Waits for a thread's change of state, as a tracer does; the id is zero when WNOHANG finds none ready. See wait4(2).</summary>
    public static SyscallResult Wait(Tid tid, int options, out int status)
    {
        int value = 0;
        SyscallResult result = Syscall.InvokeRestarting(SyscallNumber.wait4, tid.Value, SyscallArgument.Of(ref value), options);
        status = value;
        return result;
    }
}
