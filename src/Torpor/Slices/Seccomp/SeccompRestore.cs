using System.Buffers.Binary;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;
using static Torpor.Linux.Uapi.Seccomp;

namespace Torpor.Slices.Seccomp;

/// <summary>The steps that install chains of filters.</summary>
internal static class SeccompRestore
{
    private const uint KnownFlags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;

    public static void Compile(RestoreContext context, IReadOnlyList<SeccompState> states)
    {
        // Ordering: what all chains begin with is the leader's before it clones the other threads, because only threads whose
        // chains are the same object can be synchronised (SECCOMP_FILTER_FLAG_TSYNC).
        int shared = CommonLength(states);
        Install(context.Process, states[0].Filters.Take(shared));
        for (int i = 0; i < states.Count; i++)
        {
            SyscallProgram program = context.Threads[i].Program;
            Install(program, states[i].Filters.Skip(shared));
            if (states[i].Mode == SeccompMode.Strict)
                program.Call("enter seccomp's strict mode", SyscallNumber.prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
        }
    }

    private static int CommonLength(IReadOnlyList<SeccompState> states)
    {
        int length = states.Min(state => state.Filters.Count);
        for (int i = 0; i < length; i++)
        {
            if (states.Any(state => !state.Filters[i].Equals(states[0].Filters[i])))
                return i;
        }
        return length;
    }

    private static void Install(SyscallProgram program, IEnumerable<FilterState> filters)
    {
        foreach (FilterState filter in filters)
        {
            if ((filter.Flags & ~KnownFlags) != 0)
                throw new TorporException(FailureKind.Refused, $"a seccomp filter has the flags 0x{filter.Flags:x}, not all of which are known here", "restore with a newer torpor");
            int count = filter.Code.Length / FilterInstructionSize;
            byte[] header = new byte[16];
            BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)count);
            DataReference description = program.Data(header);
            program.Link(description.At(8), program.Data(filter.Code));
            // What the filter's installation did to the processor's speculation, the thread's own settings bring back.
            program.Call($"install a seccomp filter of {count} instructions", SyscallNumber.seccomp, SECCOMP_SET_MODE_FILTER,
                filter.Flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW, description);
        }
    }
}
