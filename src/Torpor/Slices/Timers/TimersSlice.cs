using Torpor.Model;

namespace Torpor.Slices.Timers;

/// <summary>Interval timers and POSIX timers. Timers with descriptors belong to the files.</summary>
internal sealed class TimersSlice : ISlice
{
    public string Name => "timers";

    public void Inspect(CaptureContext context)
    {
        var capture = new TimersCapture(context);
        context.State.Set(capture);
        capture.Inspect();
    }

    public void Ask(CaptureContext context) => context.State.Get<TimersCapture>().Ask();

    public void Capture(CaptureContext context) => context.State.Get<TimersCapture>().Capture();

    public void Compile(RestoreContext context)
    {
        if (context.Leader.Core.Tc?.Timers is not { } timers)
            return;
        uint[] threads = [.. context.Threads.Select(t => t.InnerTid)];
        new TimersRestore(context.Leader.Program, threads, TimersRestore.KernelMayChooseIds).Compile(timers);
    }
}
