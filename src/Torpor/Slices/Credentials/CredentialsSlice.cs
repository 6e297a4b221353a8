using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.Credentials;

/// <summary>Each thread's user and group ids, capabilities, securebits and no_new_privs.</summary>
internal sealed class CredentialsSlice : ISlice
{
    public string Name => "credentials";

    public void Inspect(CaptureContext context)
    {
        // What one user may trace and is not root's may still differ in the ids for files.
        if (CapabilityNames.Has(ProcTask.Self.Status().CapEff, CapabilityNames.CAP_SYS_ADMIN))
            return;
        ProcStatus leader = context.Leader.Proc.Status();
        foreach (CapturedThread thread in context.Threads)
        {
            ProcStatus status = thread.Proc.Status();
            if (status.Uids != leader.Uids || status.Gids != leader.Gids)
                context.Refusals.Add($"thread {thread.InnerTid}", "has user or group ids of its own, which only root can give it again", "checkpoint and restore it as root");
        }
    }

    public void Ask(CaptureContext context)
    {
        List<StepReference> steps = [];
        foreach (CapturedThread thread in context.Threads)
            steps.Add(thread.Query.Call("read the securebits", SyscallNumber.prctl, PR_GET_SECUREBITS, 0, 0, 0, 0));
        context.State.Set(new Questions(steps));
    }

    public void Capture(CaptureContext context)
    {
        Questions questions = context.State.Get<Questions>();
        for (int i = 0; i < context.Threads.Count; i++)
        {
            CapturedThread thread = context.Threads[i];
            uint secureBits = (uint)thread.Answers![questions.SecureBits[i]].OrThrow("prctl PR_GET_SECUREBITS");
            ThreadCoreEntry core = thread.Core.ThreadCore ??= new();
            core.Creds = CredentialsState.Of(thread.Proc.Status(), secureBits).ToImage();
        }
    }

    public void Compile(RestoreContext context)
    {
        var restore = new CredentialsRestore(context, OwnCredentials.Of(context.Privilege));
        foreach (RestoredThread thread in context.Threads)
        {
            if (thread.Core.ThreadCore?.Creds is { } entry)
                restore.Compile(thread.Program, CredentialsState.FromImage(entry));
            else
                restore.CompileUnknown(thread.Program);
        }
    }

    private sealed record Questions(IReadOnlyList<StepReference> SecureBits);
}
