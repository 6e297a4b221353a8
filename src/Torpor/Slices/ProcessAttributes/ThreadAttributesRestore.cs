using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>The steps that bring back a thread's own settings where they differ from what it inherits from the tool.</summary>
/// <param name="notes">Remarks for the user.</param>
/// <param name="mayControlResources">The task holds CAP_SYS_RESOURCE in the initial user namespace.</param>
internal sealed class ThreadAttributesRestore(ICollection<string> notes, bool mayControlResources)
{
    private const int PR_MCE_KILL_SET = 1;
    private const uint PR_TSC_SIGSEGV = 2;
    private const uint PR_MCE_KILL_DEFAULT = 2;
    private const uint PR_SPEC_ENABLE = 2;
    private const uint PR_SPEC_FORCE_DISABLE = 8;
    private const int L1dFlush = 2;

    public void Compile(SyscallProgram program, ThreadAttributesState state)
    {
        if (state.Personality is { } personality)
        {
            if (personality == ProcessAttributesState.PersonalityQuery)
                throw new TorporException(FailureKind.ImageDamaged, "a thread's personality is -1, which is none");
            program.Call($"set the personality to 0x{personality:x}", SyscallNumber.personality, personality);
        }
        // Zero is what a real-time thread has; as a setting it means the default.
        if (state.TimerSlack is { } slack and not 0)
            program.Call("set the timer slack", SyscallNumber.prctl, PR_SET_TIMERSLACK, slack);
        if (state.MachineCheckKill is { } kill && ProcessCalls.Prctl(PR_MCE_KILL_GET) is { IsError: false } own && own.Raw != kill)
        {
            if (kill > PR_MCE_KILL_DEFAULT)
                throw new TorporException(FailureKind.ImageDamaged, $"a thread's machine check policy is {kill}, which is none");
            program.Call("set the machine check policy", SyscallNumber.prctl, PR_MCE_KILL, PR_MCE_KILL_SET, kill, 0, 0);
        }
        if (state.TimeStampCounter is { } tsc)
        {
            if (tsc != PR_TSC_SIGSEGV)
                throw new TorporException(FailureKind.ImageDamaged, $"a thread's setting for the time stamp counter is {tsc}, which is none");
            program.Call("make reading the time stamp counter an error", SyscallNumber.prctl, PR_SET_TSC, tsc);
        }
        if (state.IoFlusher)
            CompileIoFlusher(program);
        for (int which = 0; which < state.Speculation.Count; which++)
            CompileSpeculation(program, which, state.Speculation[which]);
    }

    private void CompileIoFlusher(SyscallProgram program)
    {
        if (!mayControlResources)
        {
            throw new TorporException(FailureKind.PrivilegeMissing, "a thread was part of a storage stack (PR_SET_IO_FLUSHER), which needs CAP_SYS_RESOURCE",
                "restore it as root");
        }
        program.Call("make it part of a storage stack", SyscallNumber.prctl, PR_SET_IO_FLUSHER, 1, 0, 0, 0);
    }

    private void CompileSpeculation(SyscallProgram program, int which, uint wanted)
    {
        // The machine's state rather than the thread's choice: not the image's business.
        if ((wanted & SpeculationControls.PR_SPEC_PRCTL) == 0)
            return;
        SyscallResult present = ProcessCalls.Prctl(PR_GET_SPECULATION_CTRL, which);
        uint own = present.IsError ? 0 : (uint)present.Raw;
        if (own == wanted)
            return;
        string name = SpeculationControls.Names[which];
        if ((own & SpeculationControls.PR_SPEC_PRCTL) == 0 || (own & PR_SPEC_FORCE_DISABLE) != 0)
        {
            if (IsDefault(which, wanted))
                return;
            string note = $"the setting for {name} can't be changed here and stays as the machine has it";
            if (!notes.Contains(note))
                notes.Add(note);
            return;
        }
        program.Call($"set {name}", SyscallNumber.prctl, PR_SET_SPECULATION_CTRL, which, wanted & ~SpeculationControls.PR_SPEC_PRCTL, 0, 0);
    }

    /// <summary>Speculation is allowed, and the cache is not flushed, unless asked for.</summary>
    private static bool IsDefault(int which, uint wanted) => (wanted & (which == L1dFlush ? PR_SPEC_ENABLE : ~(PR_SPEC_ENABLE | SpeculationControls.PR_SPEC_PRCTL))) == 0;
}
