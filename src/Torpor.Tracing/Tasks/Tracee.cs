using Torpor.Linux;
using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>One traced thread. Every member but <see cref="WaitForStop"/> wants it stopped.</summary>
public sealed class Tracee(Tid tid)
{
    private const int NT_X86_XSTATE = 0x202;

    /// <summary>Above the largest xsave area of any processor known (AMX: about 11 KiB).</summary>
    private const int MaximumXState = 64 * 1024;

    public Tid Tid { get; } = tid;

    public Registers GetRegisters()
    {
        Registers registers = default;
        Ptrace.GetRegisterSet(Tid, Registers.NT_PRSTATUS, Registers.Bytes(ref registers));
        return registers;
    }

    public void SetRegisters(Registers registers) => Ptrace.SetRegisterSet(Tid, Registers.NT_PRSTATUS, Registers.Bytes(ref registers));

    /// <summary>The FPU and vector registers in the xsave area's standard (uncompacted) format.</summary>
    public byte[] GetXState()
    {
        byte[] buffer = new byte[MaximumXState];
        int length = Ptrace.GetRegisterSet(Tid, NT_X86_XSTATE, buffer);
        return buffer.AsSpan(0, length).ToArray();
    }

    public void SetXState(ReadOnlySpan<byte> state) => Ptrace.SetRegisterSet(Tid, NT_X86_XSTATE, state);

    /// <summary>The blocked signals, bit 0 for signal 1.</summary>
    public ulong GetSignalMask() => Ptrace.GetSignalMask(Tid);

    public void SetSignalMask(ulong mask) => Ptrace.SetSignalMask(Tid, mask);

    /// <summary>Pending signals in order, 128 bytes of siginfo each; they stay pending.</summary>
    /// <param name="shared">The process's queue rather than the thread's own.</param>
    public IReadOnlyList<byte[]> PeekSignals(bool shared) => Ptrace.PeekSigInfo(Tid, shared);

    public RseqConfiguration? GetRseq() => Ptrace.GetRseqConfiguration(Tid);

    /// <summary>Waits until the thread stops; throws when it ends instead.</summary>
    public WaitStatus WaitForStop()
    {
        WaitStatus status = Ptrace.Wait(Tid);
        return status.Stopped ? status : throw new TaskEndedException(Tid, status);
    }
}

/// <summary>A traced task ended while something was wanted of it.</summary>
public sealed class TaskEndedException(Tid tid, WaitStatus status) : Exception($"thread {tid} {status}")
{
    public Tid Tid { get; } = tid;

    public WaitStatus Status { get; } = status;
}
