using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>What must be set after the credentials: changes of those reset it, and it gets in the way of everything before.</summary>
internal sealed class DumpableSlice : ISlice
{
    private const uint MdweFlags = 3;

    public string Name => "dumpable";

    public void Compile(RestoreContext context)
    {
        if (context.Images.Mm.HasDumpable)
        {
            int dumpable = context.Images.Mm.Dumpable;
            if (dumpable is not (0 or 1))
                throw new TorporException(FailureKind.Refused, $"the process's dumpable setting was {dumpable}, which only the kernel itself can set");
            // By every thread: a change of user in any resets it for all, and the last to do that must set it again.
            foreach (RestoredThread thread in context.Threads)
                thread.Program.Call($"set dumpable to {dumpable}", SyscallNumber.prctl, PR_SET_DUMPABLE, dumpable);
        }
        uint mdwe = context.Leader.Core.Tc?.TorporMdwe ?? 0;
        if (mdwe == 0)
            return;
        if ((mdwe & ~MdweFlags) != 0)
            throw new TorporException(FailureKind.ImageDamaged, $"the image's setting for executable memory is 0x{mdwe:x}, which is none");
        context.Leader.Program.Call("forbid memory to become executable", SyscallNumber.prctl, PR_SET_MDWE, mdwe, 0, 0, 0);
    }
}
