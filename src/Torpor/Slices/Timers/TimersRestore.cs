using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.Timers;

/// <summary>The steps that make an image's timers and start them with what was left.</summary>
/// <param name="program">What the leader runs.</param>
/// <param name="threads">The ids of the process's threads.</param>
/// <param name="mayChooseIds">The kernel lets a timer be made with a given id.</param>
/// <param name="alarmPending">SIGALRM is in the process's queue.</param>
internal sealed class TimersRestore(SyscallProgram program, IReadOnlyCollection<uint> threads, bool mayChooseIds, bool alarmPending = false)
{
    /// <summary>The ids below the highest one are made and deleted, where they can't be chosen: two steps for each.</summary>
    private const int HighestIdReached = 4096;

    private const int MaximumTimers = 1 << 16;
    private const int LastSignal = 64;

    public static string[] IntervalTimers { get; } = ["real", "virtual", "profiling"];

    /// <summary>Since Linux 6.15.</summary>
    public static bool KernelMayChooseIds => !ProcessCalls.Prctl(PR_TIMER_CREATE_RESTORE_IDS, PR_TIMER_CREATE_RESTORE_IDS_GET).IsError;

    public void Compile(TaskTimersEntry entry)
    {
        List<PosixTimerState> timers = Check(entry);
        ItimerEntry?[] intervals = [entry.Real, entry.Virt, entry.Prof];
        // Ordering: first made, then started, so that none expires long before the last is there.
        if (timers.Count > 0)
            Create(timers);
        foreach (PosixTimerState timer in timers.Where(t => t.Setting.Armed))
            program.Call($"start POSIX timer {timer.Id}", SyscallNumber.timer_settime, timer.Id, 0, program.Data(timer.Setting.Encode()), 0);
        for (int which = 0; which < intervals.Length; which++)
        {
            if (intervals[which] is { } interval && Settle(which, IntervalTimerState.FromImage(interval)) is { Armed: true } state)
                program.Call($"start the {IntervalTimers[which]} interval timer", SyscallNumber.setitimer, which, program.Data(state.Encode()), 0);
        }
    }

    /// <summary>
    /// An expired periodic real timer stands still until its signal is taken, and only then does the kernel start it again.
    /// That state can't be set; but a timer that expires at once gets there, and its signal is merged with the pending one.
    /// </summary>
    private IntervalTimerState Settle(int which, IntervalTimerState state) =>
        which == Linux.Uapi.Time.ITIMER_REAL && alarmPending && state is { Armed: false, Periodic: true } ? state with { Microseconds = 1 } : state;

    private List<PosixTimerState> Check(TaskTimersEntry entry)
    {
        foreach (ItimerEntry? interval in (ReadOnlySpan<ItimerEntry?>)[entry.Real, entry.Virt, entry.Prof])
        {
            if (interval is not null && !IntervalTimerState.FromImage(interval).IsSane)
                throw new TorporException(FailureKind.ImageDamaged, "an interval timer's time is none");
        }
        if (entry.Posix.Count > MaximumTimers)
            throw new TorporException(FailureKind.ImageDamaged, $"the image has {entry.Posix.Count} POSIX timers, more than {MaximumTimers}");
        List<PosixTimerState> timers = [.. entry.Posix.Select(PosixTimerState.FromImage).OrderBy(t => t.Id)];
        for (int i = 0; i < timers.Count; i++)
        {
            Check(timers[i]);
            if (i > 0 && timers[i].Id == timers[i - 1].Id)
                throw Damaged(timers[i], "is there twice");
        }
        return timers;
    }

    private void Check(PosixTimerState timer)
    {
        if (timer.Id is < 0 or int.MaxValue)
            throw Damaged(timer, "has an id that is none");
        if (timer.Notify is not (PosixTimerState.SIGEV_SIGNAL or PosixTimerState.SIGEV_NONE or PosixTimerState.SIGEV_THREAD or PosixTimerState.SIGEV_THREAD_ID))
            throw Damaged(timer, $"notifies in the unknown way {timer.Notify}");
        if (timer.Notify != PosixTimerState.SIGEV_NONE && timer.Signal is < 1 or > LastSignal)
            throw Damaged(timer, $"sends signal {timer.Signal}");
        if (timer.Notify == PosixTimerState.SIGEV_THREAD_ID && !(timer.Thread is { } thread && threads.Contains(thread)))
            throw Damaged(timer, $"notifies thread {timer.Thread}, which is not in the image");
        if (!timer.Setting.IsSane)
            throw Damaged(timer, "has a time that is none");
    }

    private static TorporException Damaged(PosixTimerState timer, string what) => new(FailureKind.ImageDamaged, $"POSIX timer {timer.Id} {what}");

    private void Create(List<PosixTimerState> timers)
    {
        if (mayChooseIds)
        {
            program.Call("choose the ids of timers", SyscallNumber.prctl, PR_TIMER_CREATE_RESTORE_IDS, PR_TIMER_CREATE_RESTORE_IDS_ON, 0, 0, 0);
            foreach (PosixTimerState timer in timers)
                Create(timer, program.Data(BitConverter.GetBytes(timer.Id), sizeof(int)));
            program.Call("stop choosing the ids of timers", SyscallNumber.prctl, PR_TIMER_CREATE_RESTORE_IDS, PR_TIMER_CREATE_RESTORE_IDS_OFF, 0, 0, 0);
            return;
        }
        if (timers[^1].Id > HighestIdReached)
        {
            throw new TorporException(FailureKind.Refused, $"POSIX timer {timers[^1].Id} has an id that can't be reached by making timers one after the other",
                "restore on Linux 6.15 or newer, where ids can be chosen");
        }
        DataReference scratch = program.Space(sizeof(int), sizeof(int));
        var filler = new PosixTimerState(0, Linux.Uapi.Time.CLOCK_MONOTONIC, 0, PosixTimerState.SIGEV_NONE, 0, null, 0, default);
        DataReference fillerEvent = program.Data(filler.EncodeEvent());
        int next = 0;
        foreach (PosixTimerState timer in timers)
        {
            // A new process numbers its timers from zero on and does not reuse a number soon.
            for (; next < timer.Id; next++)
            {
                program.Call($"pass over timer id {next}", SyscallNumber.timer_create, filler.Clock, fillerEvent, scratch);
                program.Call($"delete timer {next}", SyscallNumber.timer_delete, next);
            }
            Create(timer, scratch);
            next++;
        }
    }

    private void Create(PosixTimerState timer, DataReference id) =>
        program.Call($"create POSIX timer {timer.Id}", SyscallNumber.timer_create, timer.Clock, program.Data(timer.EncodeEvent()), id);
}
