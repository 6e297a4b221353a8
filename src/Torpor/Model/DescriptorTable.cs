using Torpor.Linux;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>
/// Simulates the restored task's descriptor table, so that the number every open returns is known when the plan is
/// written: the kernel always hands out the lowest free one (open(2)).
/// </summary>
public sealed class DescriptorTable(int passBase)
{
    private readonly HashSet<int> _open = [];
    private readonly List<Fd> _passed = [];

    /// <summary>No number below is free.</summary>
    private int _searchFrom;

    /// <summary>Room for descriptors that are open only while the plan runs, beside one for each description.</summary>
    private const int TemporaryRoom = 64;

    /// <summary>A table for the descriptors of an image.</summary>
    public static DescriptorTable For(ProcessImages images)
    {
        uint highest = images.Descriptors.Select(d => d.Fd).DefaultIfEmpty(0u).Max();
        return new DescriptorTable((int)Math.Min(highest, int.MaxValue / 2) + 1 + images.Files.Count + images.MemfdInodes.Count + TemporaryRoom);
    }

    /// <summary>Descriptors that the tool passes in start here, above every number the target uses.</summary>
    public int PassBase { get; } = passBase;

    /// <summary>What the tool passes in, in order: the first gets <see cref="PassBase"/>, the next one more.</summary>
    public IReadOnlyList<Fd> Passed => _passed;

    public int LowestFree
    {
        get
        {
            while (_open.Contains(_searchFrom))
                _searchFrom++;
            return _searchFrom;
        }
    }

    public bool IsOpen(int fd) => _open.Contains(fd);

    /// <summary>Has the task inherit a descriptor of the tool (which goes on owning its own); returns its number in the task. Close-on-exec is off.</summary>
    public int Pass(Fd fd)
    {
        _passed.Add(fd);
        return PassBase + _passed.Count - 1;
    }

    /// <summary>Notes that the next descriptor was opened and returns its number, to be expected of the call.</summary>
    public int TakeLowest()
    {
        int fd = LowestFree;
        if (fd >= PassBase)
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
