using Torpor.Model;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>The process's name, personality, namespaces and the settings of prctl(2) that no other slice has a use for.</summary>
internal sealed class ProcessAttributesSlice : ISlice
{
    public string Name => "process attributes";

    public void Inspect(CaptureContext context)
    {
        NamespaceInspection.Inspect(context);
        ProcessAttributesCapture.Inspect(context);
    }

    public void Ask(CaptureContext context)
    {
        context.State.Set(new ProcessAttributesCapture(context.Leader.Query));
        context.State.Set(new ThreadAttributesCapture(context.Threads));
    }

    public void Capture(CaptureContext context)
    {
        context.State.Get<ProcessAttributesCapture>().Capture(context);
        context.State.Get<ThreadAttributesCapture>().Capture(context);
    }

    public void Compile(RestoreContext context)
    {
        if (context.Leader.Core.Tc is { } task)
            new ProcessAttributesRestore(context).Compile(ProcessAttributesState.FromImage(task, context.Images.Mm));
        var restore = new ThreadAttributesRestore(context.Notes, ProcessAttributesRestore.MayControlResources(context.Privilege));
        foreach (RestoredThread thread in context.Threads)
        {
            if (thread.Core.ThreadCore is { } core)
                restore.Compile(thread.Program, ThreadAttributesState.FromImage(core));
        }
    }
}
