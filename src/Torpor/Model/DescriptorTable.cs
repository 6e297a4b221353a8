using Torpor.Linux;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>
/// Simulates a restored process's descriptor table, so that the number every open returns is known when the plan is
/// written: the kernel always hands out the lowest free one (open(2)).
/// </summary>
public sealed class DescriptorTable(DescriptorLayout layout)
{
    private readonly HashSet<int> _open = [];

    /// <summary>No number below is free.</summary>
    private int _searchFrom;

    public DescriptorLayout Layout { get; } = layout;

    public int LowestFree
    {
        get
        {
            while (_open.Contains(_searchFrom))
                _searchFrom++;
            return _searchFrom;
        }
    }

    /// <summary>As <see cref="DescriptorLayout.Pass"/>. Close-on-exec is off.</summary>
    public int Pass(Fd fd) => Layout.Pass(fd);

    /// <summary>Notes that the next descriptor was opened and returns its number, to be expected of the call.</summary>
    public int TakeLowest()
    {
        int fd = LowestFree;
        if (fd >= Layout.Start && fd < Layout.End)
            throw new TorporException(FailureKind.Refused, "the plan needs more descriptors at a time than there is room for");
        _open.Add(fd);
        return fd;
    }

    /// <summary>Emits a call that opens one descriptor; returns the number it will get.</summary>
    public int Open(SyscallProgram program, string purpose, SyscallNumber number, params ReadOnlySpan<Operand> arguments)
    {
        int fd = TakeLowest();
        program.Call(purpose, Expectation.Exactly(fd), number, arguments);
        return fd;
    }

    /// <summary>Emits a close.</summary>
    public void Close(SyscallProgram program, int fd)
    {
        program.Call($"close descriptor {fd}", SyscallNumber.close, fd);
        _open.Remove(fd);
        _searchFrom = Math.Min(_searchFrom, fd);
    }

    /// <summary>Emits what moves a descriptor into the range that all processes inherit; returns its number there.</summary>
    public int Keep(SyscallProgram program, int fd)
    {
        int kept = Layout.Keep();
        program.Call($"keep descriptor {fd} at {kept}", Expectation.Exactly(kept), SyscallNumber.dup3, fd, kept, O_CLOEXEC);
        Close(program, fd);
        return kept;
    }

    /// <summary>Emits what puts the description at <paramref name="from"/> also at <paramref name="to"/>.</summary>
    /// <param name="program">The plan.</param>
    /// <param name="from">An open descriptor, passed in or opened before.</param>
    /// <param name="to">A free number.</param>
    /// <param name="closeOnExec">Whether <paramref name="to"/> closes on exec.</param>
    public void Duplicate(SyscallProgram program, int from, int to, bool closeOnExec)
    {
        program.Call($"put descriptor {from} at {to}", Expectation.Exactly(to), SyscallNumber.dup3, from, to, closeOnExec ? O_CLOEXEC : 0);
        _open.Add(to);
    }

    private const int O_CLOEXEC = 0x80000;
}
