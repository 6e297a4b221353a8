using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Registers;

using Registers = Torpor.Tracing.Registers;

/// <summary>Each thread's general, FPU and vector registers and the bases of its segments.</summary>
internal sealed class RegistersSlice : ISlice
{
    private const int XcrMaskOffset = 464;
    private const int LegacyLength = 512;

    public string Name => "registers";

    public void Inspect(CaptureContext context)
    {
        if (!context.Leader.Snapshot.Resume.Is64Bit)
            throw new TorporException(FailureKind.UnsupportedArchitecture, $"process {context.Pid} is a 32-bit program", "only 64-bit programs can be checkpointed");
    }

    public void Capture(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
        {
            ThreadInfoX86 info = RegistersImage.ToImage(thread.Snapshot.Settled, thread.Snapshot.XState);
            if (SyscallRestart.Undecided(thread.Snapshot.Resume) is { } error)
                info.TorporInterrupted = (uint)error;
            // Another slice may have filled its own field first.
            if (thread.Core.ThreadInfo is { } present)
                info.ClearTidAddr = present.ClearTidAddr;
            thread.Core.Mtype = CoreEntry.Types.march.X8664;
            thread.Core.ThreadInfo = info;
        }
    }

    public void Compile(RestoreContext context)
    {
        foreach (RestoredThread thread in context.Threads)
        {
            if (thread.Core.ThreadInfo?.Gpregs is not { } gpregs || thread.Core.ThreadInfo.Fpregs is null)
                throw new TorporException(FailureKind.ImageForeign, $"the image of thread {thread.InnerTid} holds no x86-64 registers");
            Registers registers = RegistersImage.FromImage(gpregs);
            if (!registers.Is64Bit)
                throw new TorporException(FailureKind.UnsupportedArchitecture, $"thread {thread.InnerTid} is of a 32-bit program", "only 64-bit programs can be restored");
            ulong mask = thread.Core.ThreadCore is { HasBlkSigset: true } core ? core.BlkSigset : thread.Core.Tc?.BlkSigset ?? 0;
            thread.State = new ProcessorState(Restart(thread, registers), template => XState(thread, template), mask);
        }
    }

    /// <summary>
    /// Ordering: a signal may come before the thread runs. It must find the call interrupted, as it would have in the
    /// original, because a handler that runs before a wait begins does not end it.
    /// </summary>
    private static Registers Restart(RestoredThread thread, Registers registers)
    {
        if (!thread.Core.ThreadInfo.HasTorporInterrupted)
            return SyscallRestart.Settle(registers);
        var error = (Errno)thread.Core.ThreadInfo.TorporInterrupted;
        return error is Errno.ERESTARTSYS or Errno.ERESTARTNOINTR or Errno.ERESTARTNOHAND
            ? SyscallRestart.Unsettle(registers, error)
            : throw new TorporException(FailureKind.ImageDamaged, $"thread {thread.InnerTid} is in a system call that was interrupted with {(int)error}, which is no such error");
    }

    /// <summary>The vector registers must fit this processor, or the thread would go on with others than it had.</summary>
    private static byte[] XState(RestoredThread thread, byte[] template)
    {
        byte[] xstate = RegistersImage.XStateFromImage(thread.Core.ThreadInfo, template);
        ulong own = BitConverter.ToUInt64(template, XcrMaskOffset);
        ulong used = xstate.Length >= LegacyLength + 8 ? BitConverter.ToUInt64(xstate, LegacyLength) : 0;
        if (xstate.Length != template.Length || (used & ~own) != 0)
        {
            throw new TorporException(FailureKind.Refused,
                $"thread {thread.InnerTid} uses vector registers that this processor does not have or lays out differently",
                "restore on a machine with the same processor features as the one of the checkpoint");
        }
        return xstate;
    }
}
