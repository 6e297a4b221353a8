using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>
/// What becomes of a system call that a stop has interrupted. The kernel decides on its way back to user mode, from the
/// error it keeps in the result register; a context that leaves this kernel task (an image, a signal frame) must have
/// the decision made. See signal(7), "Interruption of system calls", and restart_syscall(2).
/// </summary>
public static class SyscallRestart
{
    private const int FUTEX_CMD_MASK = 0x7f;
    private const int FUTEX_WAIT_BITSET = 9;
    private const int FUTEX_LOCK_PI = 6;
    private const int FUTEX_WAIT_REQUEUE_PI = 11;
    private const int FUTEX_LOCK_PI2 = 13;
    private const int TIMER_ABSTIME = 1;

    /// <summary>
    /// Undoes what only our stop has caused: a few waits end with EINTR at any stop, also where no handler ran. Where such
    /// a wait has no deadline, starting it over is exact, and the program never learns that it was stopped. That is left to
    /// the kernel, because a handler that runs first does end such a wait.
    /// </summary>
    public static Registers Calm(Registers registers)
    {
        if (registers.PendingSyscall >= 0 && registers.SyscallResult == -(long)Errno.EINTR && WaitsForever(registers))
            registers.SyscallResult = -(long)Errno.ERESTARTNOHAND;
        return registers;
    }

    /// <summary>The registers with which another task, or this one after a signal frame, goes on correctly.</summary>
    public static Registers Settle(Registers registers)
    {
        if (registers.PendingSyscall < 0)
            return registers;
        switch ((Errno)(-registers.SyscallResult))
        {
            case Errno.ERESTARTSYS:
            case Errno.ERESTARTNOINTR:
            case Errno.ERESTARTNOHAND:
                // No handler runs, so the kernel starts the call over with the same arguments. Calls that wait for a
                // relative time and return one of these have no deadline yet, or keep what remains in user memory.
                registers.RewindSyscall();
                break;
            case Errno.ERESTART_RESTARTBLOCK when HasAbsoluteDeadline(registers):
                // The arguments themselves say until when: starting over waits for the same moment.
                registers.RewindSyscall();
                break;
            case Errno.ERESTART_RESTARTBLOCK:
                // The deadline is in the kernel's restart block only. The call has already told what remains where it
                // can (nanosleep's second argument), and the program is told that it was interrupted.
                registers.SyscallResult = -(long)Errno.EINTR;
                registers.PendingSyscall = -1;
                break;
            default:
                registers.PendingSyscall = -1;
                break;
        }
        return registers;
    }

    /// <summary>
    /// The error from which the kernel itself can still decide, in another task too, whether the call starts over or ends
    /// with EINTR because a handler runs first; null where <see cref="Settle"/> has the only answer.
    /// </summary>
    public static Errno? Undecided(Registers registers)
    {
        if (registers.PendingSyscall < 0)
            return null;
        return (Errno)(-registers.SyscallResult) switch
        {
            Errno.ERESTARTSYS or Errno.ERESTARTNOINTR or Errno.ERESTARTNOHAND => (Errno)(-registers.SyscallResult),
            Errno.ERESTART_RESTARTBLOCK when HasAbsoluteDeadline(registers) => Errno.ERESTARTNOHAND,
            _ => null,
        };
    }

    /// <summary>Takes back what <see cref="Settle"/> decided where <paramref name="undecided"/> says that the kernel can: for a task that stands in a stop for signals.</summary>
    public static Registers Unsettle(Registers settled, Errno undecided)
    {
        if (undecided is not (Errno.ERESTARTSYS or Errno.ERESTARTNOINTR or Errno.ERESTARTNOHAND))
            throw new ArgumentOutOfRangeException(nameof(undecided), undecided, "no error that lets the kernel start a call over");
        settled.UnwindSyscall();
        settled.SyscallResult = -(long)undecided;
        return settled;
    }

    private static bool WaitsForever(Registers registers) => (SyscallNumber)registers.PendingSyscall switch
    {
        SyscallNumber.epoll_wait or SyscallNumber.epoll_pwait => (int)registers.SyscallArgument(3) < 0,
        SyscallNumber.epoll_pwait2 => registers.SyscallArgument(3) == 0,
        SyscallNumber.rt_sigtimedwait => registers.SyscallArgument(2) == 0,
        _ => false,
    };

    private static bool HasAbsoluteDeadline(Registers registers) => (SyscallNumber)registers.PendingSyscall switch
    {
        SyscallNumber.futex => (registers.SyscallArgument(1) & FUTEX_CMD_MASK) is FUTEX_WAIT_BITSET or FUTEX_LOCK_PI or FUTEX_WAIT_REQUEUE_PI or FUTEX_LOCK_PI2,
        SyscallNumber.clock_nanosleep => (registers.SyscallArgument(1) & TIMER_ABSTIME) != 0,
        SyscallNumber.futex_wait or SyscallNumber.futex_waitv => true,
        _ => false,
    };
}
