using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Tracing;

/// <summary>
/// A process with all its descendants, seized and stopped. Disposing lets all of them go on; if this process dies first,
/// the kernel does the same.
/// </summary>
public sealed class FrozenTree : IDisposable
{
    /// <summary>More is no program but a fork bomb that outruns us.</summary>
    private const int MaximumProcesses = 32768;

    private readonly List<FrozenProcess> _processes = [];
    private readonly Dictionary<Pid, Pid> _parents = [];
    private readonly List<Pid> _zombies = [];
    private bool _released;

    private FrozenTree()
    {
    }

    /// <summary>Those that are alive: the root first, parents before their children.</summary>
    public IReadOnlyList<FrozenProcess> Processes => _processes;

    /// <summary>Those that have ended and wait for their parents.</summary>
    public IReadOnlyList<Pid> Zombies => _zombies;

    public Pid ParentOf(Pid pid) => _parents[pid];

    /// <summary>Seizes and stops the tree, also what is forked meanwhile.</summary>
    /// <param name="root">The root.</param>
    /// <param name="examine">Called for each process but the root before it is touched; throws when it can't be a part of this.</param>
    /// <exception cref="FreezeException">A process can't be frozen.</exception>
    public static FrozenTree Freeze(Pid root, Action<Pid> examine)
    {
        var tree = new FrozenTree();
        try
        {
            tree._processes.Add(FreezeOne(root));
            // A process that runs may fork until it has stopped itself. What is stopped forks no more, so that a look at
            // all that are stopped ends when it finds nothing new.
            while (tree.FreezeNewChildren(examine))
            {
            }
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    private static FrozenProcess FreezeOne(Pid pid)
    {
        try
        {
            return FrozenProcess.Freeze(pid);
        }
        catch (LinuxException e)
        {
            throw new FreezeException(pid, e);
        }
    }

    private bool FreezeNewChildren(Action<Pid> examine)
    {
        bool found = false;
        for (int i = 0; i < _processes.Count; i++)
        {
            foreach (Pid child in Children(_processes[i].Pid))
            {
                if (!_parents.TryAdd(child, _processes[i].Pid))
                    continue;
                found = true;
                Add(child, examine);
                if (_processes.Count > MaximumProcesses)
                    throw new FreezeException(_processes[0].Pid, new LinuxException($"freeze more than {MaximumProcesses} processes", Errno.EAGAIN));
            }
        }
        return found;
    }

    /// <summary>
    /// Freezes one more process, or notes that it has ended. While a process ends or executes another program, it can't be
    /// looked at for a moment: what fails then is tried again.
    /// </summary>
    private void Add(Pid pid, Action<Pid> examine)
    {
        const int mostAttempts = 20;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (IsZombie(pid))
                {
                    _zombies.Add(pid);
                    return;
                }
                examine(pid);
                _processes.Add(FreezeOne(pid));
                return;
            }
            catch (Exception) when (Ends(pid))
            {
                if (IsZombie(pid))
                    _zombies.Add(pid);
                else
                    _parents.Remove(pid);
                return;
            }
            catch (Exception) when (attempt < mostAttempts)
            {
                Thread.Sleep(2);
            }
        }
    }

    /// <summary>Whether it has become a zombie or is gone. What is about to end has lost its memory a moment before.</summary>
    private static bool Ends(Pid pid)
    {
        for (int i = 0; i < 1000; i++)
        {
            if (IsZombie(pid) || IsGone(pid))
                return true;
            if (HasMemory(pid))
                return false;
            Thread.Sleep(1);
        }
        return false;
    }

    private static bool HasMemory(Pid pid)
    {
        try
        {
            return new ProcTask(pid).Stat().VSize != 0;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>All threads have ended.</summary>
    private static bool IsZombie(Pid pid)
    {
        try
        {
            ProcStat stat = new ProcTask(pid).Stat();
            return stat.State is 'Z' or 'X' && stat.NumThreads <= 1;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static bool IsGone(Pid pid) => !new ProcTask(pid).Exists("stat");

    /// <summary>The kernel lists children by the thread that forked them.</summary>
    private static IEnumerable<Pid> Children(Pid pid)
    {
        foreach (Tid tid in new ProcTask(pid).Threads())
        {
            foreach (string child in new ProcTask(pid, tid).ReadText("children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (int.TryParse(child, out int number))
                    yield return new Pid(number);
            }
        }
    }

    /// <summary>Ends all processes by SIGKILL and reaps what ptrace owes us.</summary>
    public void Kill()
    {
        _released = true;
        // Ordering: all are killed before any is waited for, so that none sees another one's end.
        foreach (FrozenProcess process in _processes)
            process.SendKill();
        foreach (FrozenProcess process in _processes.AsEnumerable().Reverse())
            process.Reap();
    }

    /// <summary>Lets every process go on, or leaves them stopped by SIGSTOP.</summary>
    public void Release(bool leaveStopped = false)
    {
        if (_released)
            return;
        _released = true;
        // Ordering: what is stopped first, so that no other sees it run.
        foreach (FrozenProcess process in _processes.OrderByDescending(process => process.WasStopped))
        {
            process.Release(leaveStopped);
            if (process.WasStopped)
                GroupStop.Await(process.Pid);
        }
    }

    public void Dispose() => Release();
}

/// <summary>A process of a tree can't be frozen.</summary>
public sealed class FreezeException(Pid pid, LinuxException cause) : Exception(cause.Message, cause)
{
    public Pid Pid { get; } = pid;

    public LinuxException Cause { get; } = cause;
}
