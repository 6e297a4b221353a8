namespace Torpor.Linux.ProcFs;

/// <summary>A POSIX timer, from /proc/PID/timers. Readable by the owner. See proc_pid_timers(5).</summary>
/// <param name="Id">The kernel's timer id.</param>
/// <param name="Signal">The signal; meaningless when nothing is notified.</param>
/// <param name="SignalValue">sigev_value, which the kernel passes on with the signal.</param>
/// <param name="Notify">sigev_notify: SIGEV_SIGNAL 0, SIGEV_NONE 1, SIGEV_THREAD 2, with SIGEV_THREAD_ID 4 when one thread gets the signal.</param>
/// <param name="Target">The process, or with SIGEV_THREAD_ID the thread, as the reader's pid namespace numbers it.</param>
/// <param name="ClockId">CLOCK_*; negative for the CPU clock of a process or a thread.</param>
public sealed record PosixTimerInfo(int Id, int Signal, ulong SignalValue, int Notify, int Target, int ClockId)
{
    private const int MaximumTimers = 1 << 20;

    internal static List<PosixTimerInfo> Parse(string file, ReadOnlySpan<byte> text)
    {
        var timers = new List<PosixTimerInfo>();
        PosixTimerInfo? current = null;
        var reader = new ProcReader(file, text);
        while (reader.NextLine(out ProcReader line))
        {
            if (line.TryTake("ID:"u8))
            {
                if (current is not null)
                    timers.Add(current);
                if (timers.Count >= MaximumTimers)
                    throw line.Fail("ID", "too many timers");
                line.SkipBlanks();
                current = new PosixTimerInfo(line.Int32("ID"), 0, 0, -1, 0, 0);
            }
            else
            {
                current = Field(current ?? throw line.Fail("ID", "missing"), ref line);
            }
        }
        if (current is not null)
            timers.Add(current);
        return timers;
    }

    private static PosixTimerInfo Field(PosixTimerInfo timer, ref ProcReader line)
    {
        if (line.TryTake("signal:"u8))
        {
            line.SkipBlanks();
            int signal = line.Int32("signal");
            line.Expect((byte)'/', "signal");
            line.TryTake("0x"u8);
            return timer with { Signal = signal, SignalValue = line.Hex("signal") };
        }
        if (line.TryTake("notify:"u8))
        {
            line.SkipBlanks();
            int notify = line.TryTake("signal/"u8) ? 0 : line.TryTake("none/"u8) ? 1 : line.TryTake("thread/"u8) ? 2
                : throw line.Fail("notify", "unknown kind");
            bool thread = line.TryTake("tid."u8);
            if (!thread && !line.TryTake("pid."u8))
                throw line.Fail("notify", "'pid.' or 'tid.' expected");
            return timer with { Notify = notify | (thread ? 4 : 0), Target = line.Int32("notify") };
        }
        if (line.TryTake("ClockID:"u8))
        {
            line.SkipBlanks();
            return timer with { ClockId = line.Int32("ClockID") };
        }
        return timer;
    }
}
