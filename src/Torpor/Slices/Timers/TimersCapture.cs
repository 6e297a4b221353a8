using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Timers;

/// <summary>The process's timers as /proc and the process itself tell of them.</summary>
internal sealed class TimersCapture
{
    private readonly CaptureContext _context;
    private readonly List<PosixTimerInfo> _timers = [];
    private readonly PendingQueues _before;
    private readonly List<DataReference> _intervals = [];
    private readonly List<(DataReference Setting, StepReference Overrun)> _settings = [];

    public TimersCapture(CaptureContext context)
    {
        _context = context;
        _before = PendingQueues.ReadNow(context);
        if (context.Proc.Exists("timers"))
            _timers.AddRange(context.Proc.Timers().OrderBy(t => t.Id));
    }

    public void Inspect()
    {
        foreach (PosixTimerInfo timer in _timers)
        {
            string name = $"POSIX timer {timer.Id}";
            if (CpuClock.IsCpuClock(timer.ClockId) && !IsOwnClock(timer.ClockId))
                _context.Refusals.Add(name, DescribeClock(timer.ClockId));
            if ((timer.Notify & PosixTimerState.SIGEV_THREAD_ID) != 0 && FindThread(timer.Target) is null)
                _context.Refusals.Add(name, "notifies a thread that has ended");
        }
    }

    public void Ask()
    {
        SyscallProgram query = _context.Leader.Query;
        for (int which = 0; which < TimersRestore.IntervalTimers.Length; which++)
        {
            DataReference value = query.Space(IntervalTimerState.KernelSize);
            query.Call($"read the {TimersRestore.IntervalTimers[which]} interval timer", SyscallNumber.getitimer, which, value);
            _intervals.Add(value);
        }
        foreach (PosixTimerInfo timer in _timers)
        {
            DataReference setting = query.Space(TimerSetting.KernelSize);
            query.Call($"read POSIX timer {timer.Id}", SyscallNumber.timer_gettime, timer.Id, setting);
            StepReference overrun = query.Call($"read the overrun of POSIX timer {timer.Id}", SyscallNumber.timer_getoverrun, timer.Id);
            _settings.Add((setting, overrun));
        }
    }

    public void Capture()
    {
        ProgramResult answers = _context.Leader.Answers!;
        var entry = new TaskTimersEntry
        {
            Real = Real(IntervalTimerState.Decode(answers[_intervals[0]])).ToImage(),
            Virt = IntervalTimerState.Decode(answers[_intervals[1]]).ToImage(),
            Prof = IntervalTimerState.Decode(answers[_intervals[2]]).ToImage(),
        };
        IReadOnlySet<int> expired = PendingQueues.Of(_context).Timers.Except(_before.Timers).ToHashSet();
        for (int i = 0; i < _timers.Count; i++)
        {
            PosixTimerInfo timer = _timers[i];
            uint? thread = (timer.Notify & PosixTimerState.SIGEV_THREAD_ID) != 0 ? FindThread(timer.Target) : null;
            uint overrun = (uint)answers[_settings[i].Overrun].OrThrow($"timer_getoverrun {timer.Id}");
            entry.Posix.Add(new PosixTimerState(timer.Id, timer.ClockId, timer.Signal, timer.Notify, timer.SignalValue, thread, overrun,
                Setting(TimerSetting.Decode(answers[_settings[i].Setting]), expired.Contains(timer.Id))).ToImage());
        }
        TaskCoreEntry task = _context.Leader.Core.Tc ??= new();
        task.Timers = entry;
    }

    /// <summary>A timer that ran when it was asked and whose signal has come since is to fire for that signal only.</summary>
    private IntervalTimerState Real(IntervalTimerState state) =>
        PendingQueues.Of(_context).HasAlarm && !_before.HasAlarm ? state with { Seconds = 0, Microseconds = 0 } : state;

    /// <summary>As <see cref="Real"/>. A periodic one tells of its next expiry either way.</summary>
    private static TimerSetting Setting(TimerSetting setting, bool expired) =>
        expired && setting is { IntervalSeconds: 0, IntervalNanoseconds: 0 } ? default : setting;

    private uint? FindThread(int outerTid) => _context.Threads.FirstOrDefault(t => t.Tid.Value == outerTid)?.InnerTid;

    private bool IsOwnClock(int clock)
    {
        uint owner = CpuClock.Owner(clock);
        if (!CpuClock.IsOfThread(clock))
            return owner == 0 || owner == _context.InnerPid;
        // Zero says that it is the thread that made the timer; which one that was, nothing tells.
        return owner == 0 ? _context.Threads.Count == 1 : _context.Threads.Any(t => t.InnerTid == owner);
    }

    private static string DescribeClock(int clock) => (CpuClock.IsOfThread(clock), CpuClock.Owner(clock)) switch
    {
        (true, 0) => "measures the CPU time of the thread that made it, and which one that is can't be told",
        (true, var tid) => $"measures the CPU time of thread {tid}, which has ended",
        (false, var pid) => $"measures the CPU time of another process, {pid}",
    };
}
