using Torpor.Linux;
using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>
/// Every thread of one process, seized and stopped. Disposing lets all of them go on; if this process dies first, the
/// kernel does the same.
/// </summary>
public sealed class FrozenProcess : IDisposable
{
    private readonly SortedDictionary<Tid, Tracee> _threads = [];
    private readonly HashSet<Tid> _stoppedByJobControl = [];
    private readonly List<(Tid Tid, int Signal)> _stopSignals = [];
    private bool _released;

    private FrozenProcess(Pid pid) => Pid = pid;

    public Pid Pid { get; }

    /// <summary>The leader first, then by tid.</summary>
    public IReadOnlyList<Tracee> Threads { get; private set; } = [];

    /// <summary>The process was stopped by job control (SIGSTOP and its kin) before it was frozen.</summary>
    public bool WasStopped => _stoppedByJobControl.Count != 0;

    /// <summary>A SIGSTOP came while injected code ran; it takes effect when the process is let go.</summary>
    public bool StopDeferred => _stopSignals.Count != 0;

    /// <summary>Seizes and stops every thread, also those that are created meanwhile.</summary>
    /// <exception cref="LinuxException">EPERM: not ours or already traced; ESRCH: gone.</exception>
    public static FrozenProcess Freeze(Pid pid)
    {
        var frozen = new FrozenProcess(pid);
        try
        {
            // A thread that is still running may start others until it has stopped itself: look again until a look
            // finds nothing new.
            while (frozen.SeizeNewThreads())
            {
            }
            frozen.Threads = frozen._threads.Values.OrderBy(t => t.Tid != pid.Leader).ThenBy(t => t.Tid).ToList();
            if (frozen.Threads.Count == 0)
                throw new LinuxException($"freeze process {pid}", Errno.ESRCH);
            return frozen;
        }
        catch
        {
            frozen.Dispose();
            throw;
        }
    }

    /// <summary>Sends SIGKILL, of which the process dies though it is stopped. <see cref="Reap"/> has to follow.</summary>
    internal void SendKill()
    {
        _released = true;
        Syscall.Invoke(SyscallNumber.kill, Pid.Value, SIGKILL);
    }

    /// <summary>Waits for the end of a killed process: reaps what ptrace owes us.</summary>
    internal void Reap()
    {
        foreach (Tracee thread in Threads.Reverse())
        {
            // The leader is reported last, when all others are gone.
            while (Ptrace.TryWait(thread.Tid, block: true, out WaitStatus status) && !status.Ended)
                Ptrace.TryDetach(thread.Tid);
        }
    }

    /// <summary>Lets every thread go on, or leaves the process stopped by SIGSTOP.</summary>
    public void Release(bool leaveStopped = false)
    {
        if (_released)
            return;
        _released = true;
        if (leaveStopped)
            Syscall.Invoke(SyscallNumber.kill, Pid.Value, SIGSTOP);
        foreach (Tid tid in _threads.Keys)
            Ptrace.TryDetach(tid);
        // A stop signal that arrived meanwhile was taken out of the queue to see it; it still has to take effect.
        foreach ((Tid tid, int signal) in _stopSignals)
            Syscall.Invoke(SyscallNumber.tgkill, Pid.Value, tid.Value, signal);
    }

    public void Dispose() => Release();

    /// <summary>Remembers a stop signal that a run of injected code received; it is sent again at the end.</summary>
    internal void Defer(Tid tid, int signal) => _stopSignals.Add((tid, signal));

    private bool SeizeNewThreads()
    {
        List<Tid> fresh = [];
        foreach (Tid tid in ListThreads())
        {
            if (_threads.ContainsKey(tid))
                continue;
            if (!Ptrace.TrySeize(tid, PtraceOptions.PTRACE_O_TRACESYSGOOD, out Errno errno))
            {
                if (errno == Errno.ESRCH || (errno == Errno.EPERM && IsExiting(tid)))
                    continue;
                throw new LinuxException($"ptrace(PTRACE_SEIZE) thread {tid}", errno);
            }
            _threads.Add(tid, new Tracee(tid));
            fresh.Add(tid);
            Ptrace.TryInterrupt(tid);
        }
        foreach (Tid tid in fresh)
        {
            if (!WaitForStop(tid))
                _threads.Remove(tid);
        }
        return fresh.Count != 0;
    }

    /// <summary>Waits for the stop that PTRACE_INTERRUPT causes; false when the thread ends instead.</summary>
    private bool WaitForStop(Tid tid)
    {
        while (true)
        {
            WaitStatus status = WaitPatiently(tid);
            if (status.Ended)
                return false;
            if (status.PtraceEvent == PtraceEvent.PTRACE_EVENT_STOP)
            {
                // SIGTRAP: our interrupt. A stop signal: the process is in a group stop.
                if (status.StopSignal != SIGTRAP)
                    _stoppedByJobControl.Add(tid);
                return true;
            }
            // A signal was being delivered at this moment: deliver it. Its handler's frame is set up, and the interrupt
            // then stops the thread before the handler's first instruction.
            Ptrace.Cont(tid, status.PtraceEvent == 0 && !status.IsSyscallStop ? status.StopSignal : 0);
        }
    }

    /// <summary>
    /// A thread in an uninterruptible wait does not stop: one that waits for its vfork child to execute another program,
    /// or for a file system that does not answer.
    /// </summary>
    private static WaitStatus WaitPatiently(Tid tid)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (waited.Elapsed < s_patience)
        {
            if (Ptrace.TryWait(tid, block: false, out WaitStatus status))
                return status;
            if (waited.Elapsed < s_spinning)
            {
                Thread.Yield();
                continue;
            }
            // Another thread's execve(2) takes a thread away without a word.
            if (!Directory.Exists($"/proc/{tid}"))
                return new WaitStatus(0);
            Thread.Sleep(1);
        }
        throw new LinuxException($"stop thread {tid}", Errno.ETIMEDOUT);
    }

    private List<Tid> ListThreads()
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{Pid}/task").Select(d => new Tid(int.Parse(Path.GetFileName(d)))).ToList();
        }
        catch (IOException)
        {
            throw new LinuxException($"open /proc/{Pid}/task", Errno.ESRCH);
        }
    }

    private bool IsExiting(Tid tid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{Pid}/task/{tid}/stat");
            char state = stat[stat.LastIndexOf(')') + 2];
            return state is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_spinning = TimeSpan.FromMilliseconds(2);

    private const int SIGTRAP = 5;
    private const int SIGKILL = 9;
    private const int SIGSTOP = 19;
}
