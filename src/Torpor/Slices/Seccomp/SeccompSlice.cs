using Torpor.Images.Messages;
using Torpor.Model;

namespace Torpor.Slices.Seccomp;

/// <summary>System call filters: not supported yet, and never left out silently.</summary>
internal sealed class SeccompSlice : ISlice
{
    private const string Remedy = "run the program without its filter (for example outside of the container or sandbox that sets it)";

    public string Name => "seccomp";

    public void Inspect(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
        {
            int mode = thread.Proc.Status().Seccomp;
            if (mode != 0)
                context.Refusals.Add($"thread {thread.InnerTid}", Describe(mode), Remedy);
        }
    }

    public void Capture(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
        {
            ThreadCoreEntry core = thread.Core.ThreadCore ??= new();
            core.SeccompMode = SeccompMode.Disabled;
        }
    }

    public void Compile(RestoreContext context)
    {
        foreach (RestoredThread thread in context.Threads)
        {
            SeccompMode mode = thread.Core.ThreadCore is { HasSeccompMode: true } core ? core.SeccompMode : thread.Core.Tc?.OldSeccompMode ?? SeccompMode.Disabled;
            if (mode != SeccompMode.Disabled)
                context.Refusals.Add($"thread {thread.InnerTid}", Describe((int)mode), Remedy);
        }
    }

    private static string Describe(int mode) => mode == (int)SeccompMode.Strict
        ? "runs in seccomp's strict mode, which is not supported"
        : "runs under a seccomp filter, and filters can't be saved yet";
}
