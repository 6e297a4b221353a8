using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Rseq;

/// <summary>Each thread's rseq(2) registration.</summary>
internal sealed class RseqSlice : ISlice
{
    public string Name => "rseq";

    public void Capture(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
        {
            if (thread.Snapshot.Rseq is not { AbiPointer.IsNull: false } rseq)
                continue;
            ThreadCoreEntry core = thread.Core.ThreadCore ??= new();
            // A thread inside a critical section was moved to its abort handler, so none is open in the image.
            core.RseqEntry = new RseqEntry { RseqAbiPointer = rseq.AbiPointer.Value, RseqAbiSize = rseq.AbiSize, Signature = rseq.Signature, RseqCsPointer = 0 };
        }
    }

    public void Compile(RestoreContext context)
    {
        foreach (RestoredThread thread in context.Threads)
        {
            if (thread.Core.ThreadCore?.RseqEntry is { RseqAbiPointer: not 0 } rseq)
                thread.Program.Call("register rseq", SyscallNumber.rseq, rseq.RseqAbiPointer, rseq.RseqAbiSize, 0, rseq.Signature);
        }
    }
}
