using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Capability;

namespace Torpor.Slices.Limits;

/// <summary>The process's resource limits.</summary>
internal sealed class LimitsSlice : ISlice
{
    public string Name => "limits";

    public void Capture(CaptureContext context)
    {
        TaskCoreEntry task = context.Leader.Core.Tc ??= new();
        task.Rlimits = LimitsState.Of(context.Proc.Limits()).ToImage();
    }

    public void Compile(RestoreContext context)
    {
        if (context.Leader.Core.Tc?.Rlimits is not { } limits)
            return;
        bool userNamespace = context.Privilege.PrivateNamespaces && !context.Privilege.Root;
        bool mayRaise = !userNamespace && (ProcTask.Self.Status().CapEff & (1UL << CAP_SYS_RESOURCE)) != 0;
        var own = LimitsState.Of(ProcTask.Self.Limits());
        new LimitsRestore(context.Leader.Program, own, mayRaise).Compile(LimitsState.FromImage(limits));
    }
}
