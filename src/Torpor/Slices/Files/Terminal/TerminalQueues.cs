using Torpor.Linux;
using static Torpor.Linux.Uapi.Ioctls;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.TermBits;

namespace Torpor.Slices.Files.Terminal;

/// <summary>
/// What is under way in a pseudo-terminal. Nothing but a read tells it, and a read takes it out; so all of it is put back
/// at once, in modes in which the kernel changes nothing of it. If this process is killed between the two, it is lost.
/// </summary>
/// <param name="master">A duplicate of the master.</param>
/// <param name="slave">A slave.</param>
/// <param name="modes">The kernel's <c>struct termios</c>.</param>
/// <param name="isPacketMode">Whether the master is told what happens to the slave, see TIOCPKT in ioctl_tty(2).</param>
internal sealed class TerminalQueues(Fd master, Fd slave, byte[] modes, bool isPacketMode)
{
    /// <summary>N_TTY_BUF_SIZE: what is typed beyond that waits outside the line discipline, and has not been processed yet.</summary>
    private const int LineBuffer = 4096;

    private readonly List<byte> _input = [];
    private readonly List<byte> _output = [];
    private int _linesLength;
    private int _ends;

    /// <summary>What the slave can read, with the unfinished line.</summary>
    public byte[] Input => [.. _input];

    /// <summary>What the master can read.</summary>
    public byte[] Output => [.. _output];

    /// <summary>The byte that stands in <see cref="Input"/> for an end of file that was typed.</summary>
    public byte? EndOfFile { get; private set; }

    /// <summary>Why the queues can't be taken out and put back; null when they can. Changes nothing.</summary>
    public string? Obstacle()
    {
        short events = FileCalls.Poll(master, POLLIN | POLLPRI);
        if (isPacketMode && (events & POLLPRI) != 0)
            return "has a change of its state to tell, in packet mode, that was not read yet";
        _ = FileCalls.Poll(slave, POLLIN);
        if (FileCalls.BytesReadable(slave) >= LineBuffer - 1)
            return "is full of what was typed and not read yet";
        if (FeedingModes.Has(modes, EXTPROC) && (FileCalls.BytesReadable(slave) != 0 || FileCalls.BytesReadable(master) != 0))
            return "holds data that were not read yet, and lets another process them (EXTPROC)";
        // A terminal that is full has no room either; that one has more than the line discipline's buffer to read.
        bool isStopped = (FileCalls.Poll(slave, POLLOUT) & POLLOUT) == 0 && FileCalls.BytesReadable(master) < LineBuffer - 1;
        return isStopped ? "has stopped its output (Ctrl-S)" : null;
    }

    public void Take()
    {
        // In packet mode, the master would be told of modes that change.
        if (isPacketMode)
            SetPacketMode(0);
        // Ordering: input first, because its echo becomes output when the kernel's worker gets to it.
        TakeInput();
        TakeOutput();
        if (isPacketMode)
            SetPacketMode(1);
    }

    private void TakeInput()
    {
        if (FeedingModes.IsCanonical(modes))
            TakeLines();
        else if (!HasInput())
            return;
        SetModes(FeedingModes.ForReading(modes));
        try
        {
            while (HasInput())
                Read(slave, _input);
        }
        finally
        {
            if (_input.Count == 0)
                SetModes(modes);
            else
                PutInputBack();
        }
    }

    /// <summary>Processes what is under way, so that it can be seen.</summary>
    private bool HasInput()
    {
        _ = FileCalls.Poll(slave, POLLIN);
        return FileCalls.BytesReadable(slave) != 0;
    }

    private void TakeLines()
    {
        while ((FileCalls.Poll(slave, POLLIN) & POLLIN) != 0)
        {
            int before = _input.Count;
            Read(slave, _input);
            if (_input.Count == before || !EndsLine(_input[^1]))
                _input.Add(ChooseEnd());
        }
        _linesLength = _input.Count;
    }

    private bool EndsLine(byte last) =>
        last == '\n' || (last != 0 && (last == FeedingModes.Character(modes, VEOL) || last == FeedingModes.Character(modes, VEOL2)));

    /// <summary>A line that ends with an end of file has it not in its text. Anything that is not typed otherwise can stand for it.</summary>
    private byte ChooseEnd()
    {
        _ends++;
        if (EndOfFile is null)
        {
            for (byte candidate = 1; EndOfFile is null; candidate++)
            {
                if (candidate is not ((byte)'\n' or (byte)'\r') && !EndsLine(candidate) && !_input.Contains(candidate))
                    EndOfFile = candidate;
            }
        }
        return EndOfFile.Value;
    }

    private void PutInputBack()
    {
        SetModes(FeedingModes.For(modes, EndOfFile));
        FileCalls.WriteAll(master, Input);
        int expected = FeedingModes.IsCanonical(modes) ? _linesLength - _ends : _input.Count;
        // Ordering: the modes change back once the kernel's worker has got to it. A poll waits for it unless there is a line to read already.
        for (int tries = 0; tries < 1000 && (_ = FileCalls.Poll(slave, POLLIN)) >= 0 && FileCalls.BytesReadable(slave) < expected; tries++)
            Thread.Sleep(1);
        if (_linesLength > 0 && _linesLength < _input.Count)
            Thread.Sleep(s_worker);
        SetModes(modes);
    }

    private void TakeOutput()
    {
        while ((FileCalls.Poll(master, POLLIN) & POLLIN) != 0 && FileCalls.BytesReadable(master) > 0)
            Read(master, _output);
        if (_output.Count == 0)
            return;
        SetModes(FeedingModes.For(modes, null));
        FileCalls.WriteAll(slave, Output);
        SetModes(modes);
    }

    private static void Read(Fd end, List<byte> queue)
    {
        byte[] buffer = new byte[LineBuffer];
        queue.AddRange(buffer.AsSpan(0, FileCalls.Read(end, buffer)));
    }

    /// <summary>The master's modes are the slave's.</summary>
    private void SetModes(byte[] wanted) => FileCalls.Ioctl(master, TCSETS, wanted.AsSpan()).OrThrow("set the modes of a terminal");

    private void SetPacketMode(int on) => FileCalls.Ioctl(master, TIOCPKT, ref on).OrThrow("set the packet mode of a terminal");

    private static readonly TimeSpan s_worker = TimeSpan.FromMilliseconds(50);
}
