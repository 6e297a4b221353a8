using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>A stopped thread's processor state.</summary>
/// <param name="Tracee">The thread.</param>
/// <param name="InnerTid">Its id as it sees itself.</param>
/// <param name="Resume">The registers with which this very thread goes on: the kernel restarts an interrupted call itself.</param>
/// <param name="Settled">The registers with which a copy of it goes on, restarts decided.</param>
/// <param name="XState">FPU and vector registers, xsave's standard format.</param>
/// <param name="SignalMask">The blocked signals.</param>
/// <param name="Rseq">The rseq registration, if any.</param>
public sealed record ThreadSnapshot(
    Tracee Tracee, uint InnerTid, Registers Resume, Registers Settled, byte[] XState, ulong SignalMask, RseqConfiguration? Rseq)
{
    public static ThreadSnapshot Take(Tracee tracee, uint innerTid, RemoteMemory memory)
    {
        RseqConfiguration? rseq = tracee.GetRseq();
        Registers registers = SyscallRestart.Calm(tracee.GetRegisters());
        registers = RseqCriticalSection.Abort(registers, rseq, memory);
        return new ThreadSnapshot(tracee, innerTid, registers, SyscallRestart.Settle(registers), tracee.GetXState(), tracee.GetSignalMask(), rseq);
    }
}
