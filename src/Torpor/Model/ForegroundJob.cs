using Torpor.Linux;

namespace Torpor.Model;

/// <summary>
/// Waits for a child as a shell waits for a foreground job: a child in a process group of its own gets the terminal while
/// it runs, and when it is stopped (Ctrl-Z) so is this process, until both are continued.
/// </summary>
internal sealed class ForegroundJob
{
    private const int KilledBySignal = 128;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;
    private const int SIGTTOU = 22;
    private const int WUNTRACED = 2;
    private const int __WALL = 0x40000000;
    private const int StandardInput = 0;

    private readonly Pid _pid;
    private readonly int _group;
    private readonly int _ownGroup;
    private readonly bool _hasTerminal;

    private ForegroundJob(Pid pid)
    {
        _pid = pid;
        _group = (int)Syscall.Invoke(SyscallNumber.getpgid, pid.Value).Raw;
        _ownGroup = (int)Syscall.Invoke(SyscallNumber.getpgid, 0).Raw;
        _hasTerminal = _group > 0 && _group != _ownGroup && Terminal.ForegroundGroup(StandardInput) == _ownGroup;
    }

    /// <summary>The exit code of the child, or 128 plus the signal that killed it.</summary>
    public static int Wait(Pid pid) => new ForegroundJob(pid).Wait();

    private int Wait()
    {
        GiveTerminal(_group);
        try
        {
            while (true)
            {
                SyscallResult result = ProcessCalls.Wait(_pid.Leader, WUNTRACED | __WALL, out int raw);
                if (result.Errno == Errno.EINTR)
                    continue;
                result.OrThrow($"wait for process {_pid}");
                var status = new WaitStatus(raw);
                if (status.Exited)
                    return status.ExitCode;
                if (status.Signaled)
                    return KilledBySignal + status.TerminationSignal;
                if (status.Stopped && _hasTerminal)
                    StopToo();
            }
        }
        finally
        {
            GiveTerminal(_ownGroup);
        }
    }

    private void StopToo()
    {
        GiveTerminal(_ownGroup);
        ProcessCalls.Kill(ProcessCalls.GetPid(), SIGSTOP);
        // Continued by our shell: the terminal is ours again, and so the job's.
        GiveTerminal(_group);
        Syscall.Invoke(SyscallNumber.kill, -_group, SIGCONT);
    }

    private void GiveTerminal(int group)
    {
        if (_hasTerminal)
            Terminal.SetForegroundGroup(StandardInput, group, SIGTTOU);
    }
}
