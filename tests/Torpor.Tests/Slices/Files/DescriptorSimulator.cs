using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Tests.Slices.Files;

/// <summary>Runs the steps of a plan against a descriptor table as the kernel keeps it, and checks that each prediction holds.</summary>
internal sealed class DescriptorSimulator
{
    private readonly SortedDictionary<int, (string Description, bool CloseOnExec)> _table = [];
    private readonly List<string> _errors = [];

    private static readonly HashSet<SyscallNumber> s_opening =
    [
        SyscallNumber.openat, SyscallNumber.eventfd2, SyscallNumber.epoll_create1, SyscallNumber.timerfd_create, SyscallNumber.signalfd4,
        SyscallNumber.inotify_init1, SyscallNumber.memfd_create, SyscallNumber.socket, SyscallNumber.accept4,
    ];

    public IReadOnlyList<string> Errors => _errors;

    /// <summary>What each number leads to at the end: the step that opened it, and its flag. What the plan keeps for itself is left out.</summary>
    public SortedDictionary<int, (string Description, bool CloseOnExec)> Run(RestoreContext process)
    {
        DescriptorLayout layout = process.Tree.Layout;
        for (int i = 0; i < layout.Passed.Count; i++)
            _table.Add(layout.PassBase + i, ($"passed {i}", false));
        IEnumerable<SyscallStep> steps = process.Tree.Opening.Steps.Concat(process.Process.Steps);
        foreach ((int index, SyscallStep step) in steps.Index())
            Step(step, $"step {index}");
        for (int i = layout.Start; i < layout.End; i++)
            _table.Remove(i);
        return _table;
    }

    private void Step(SyscallStep step, string name)
    {
        long Argument(int index) => index < step.Arguments.Length ? (long)step.Arguments[index].Value : 0;
        if (s_opening.Contains(step.Number))
        {
            int fd = Lowest();
            if (step.Expect != Expectation.Exactly(fd))
                _errors.Add($"{name} would return {fd}: {step}");
            // memfd_create alone is asked for a descriptor that stays open on exec.
            _table[fd] = (name, step.Number != SyscallNumber.memfd_create);
            return;
        }
        switch (step.Number)
        {
            case SyscallNumber.pipe2 or SyscallNumber.socketpair:
                _table[Lowest()] = ($"{name} first", true);
                _table[Lowest()] = ($"{name} second", true);
                break;
            case SyscallNumber.dup3:
                Check(_table.ContainsKey((int)Argument(0)), $"{name} duplicates what is not open: {step}");
                Check(!_table.ContainsKey((int)Argument(1)), $"{name} overwrites: {step}");
                if (_table.TryGetValue((int)Argument(0), out var source))
                    _table[(int)Argument(1)] = (source.Description, (Argument(2) & O_CLOEXEC) != 0);
                break;
            case SyscallNumber.close:
                Check(_table.Remove((int)Argument(0)), $"{name} closes what is not open: {step}");
                break;
            case SyscallNumber.fcntl when Argument(1) == F_SETFD:
                _table[(int)Argument(0)] = (_table[(int)Argument(0)].Description, Argument(2) != 0);
                break;
        }
    }

    private void Check(bool condition, string error)
    {
        if (!condition)
            _errors.Add(error);
    }

    private int Lowest()
    {
        int fd = 0;
        while (_table.ContainsKey(fd))
            fd++;
        return fd;
    }
}
