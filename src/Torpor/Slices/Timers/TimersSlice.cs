using System.Buffers.Binary;
using Torpor.Images.Messages;
using Torpor.Model;
using static Torpor.Linux.Uapi.Signal;

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
        bool alarmPending = context.Leader.Core.Tc.SignalsS?.Signals.Any(IsAlarm) ?? false;
        new TimersRestore(context.Leader.Program, threads, TimersRestore.KernelMayChooseIds, alarmPending).Compile(timers);
    }

    private static bool IsAlarm(SiginfoEntry entry) =>
        entry.Siginfo.Length >= sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(entry.Siginfo.Span) == SIGALRM;
}
