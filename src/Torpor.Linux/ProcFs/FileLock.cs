using System.Text;
using Torpor.Linux.Uapi;

namespace Torpor.Linux.ProcFs;

/// <summary>What a lock belongs to, and so when it ends.</summary>
public enum FileLockKind
{
    /// <summary>fcntl(2) F_SETLK: a process's descriptor table; ends when that closes any descriptor of the file.</summary>
    Posix,

    /// <summary>flock(2): an open file description.</summary>
    Flock,

    /// <summary>fcntl(2) F_OFD_SETLK: an open file description.</summary>
    OpenFileDescription,

    /// <summary>fcntl(2) F_SETLEASE: an open file description.</summary>
    Lease,

    /// <summary>Of a kind that no program takes for itself, as a file server's delegation.</summary>
    Other,
}

/// <summary>A line <c>lock:</c> of /proc/PID/fdinfo/N: a lock that is held through this description, see proc_locks(5).</summary>
/// <param name="Kind">What it belongs to.</param>
/// <param name="Type">F_RDLCK, F_WRLCK or F_UNLCK; of a lease that is being broken, what its holder is asked to reduce it to.</param>
/// <param name="IsBreaking">A lease that another open waits for.</param>
/// <param name="Start">The first byte.</param>
/// <param name="End">The last byte; null for the end of the file, however far that is.</param>
/// <param name="Text">The line itself.</param>
public sealed record FileLock(FileLockKind Kind, int Type, bool IsBreaking, long Start, long? End, string Text)
{
    internal static FileLock Parse(ProcReader line)
    {
        line.SkipBlanks();
        string text = Encoding.UTF8.GetString(line.Rest);
        line.Word("lock number");
        FileLockKind kind = KindOf(line.Word("lock kind"));
        bool breaking = line.Word("lock state").SequenceEqual("BREAKING"u8);
        int type = TypeOf(ref line);
        line.Word("lock owner");
        line.Word("lock inode");
        line.SkipBlanks();
        long start = line.Signed("lock start");
        line.SkipBlanks();
        return new FileLock(kind, type, breaking, start, line.TryTake("EOF"u8) ? null : line.Signed("lock end"), text);
    }

    private static FileLockKind KindOf(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("POSIX"u8) ? FileLockKind.Posix
        : word.SequenceEqual("FLOCK"u8) ? FileLockKind.Flock
        : word.SequenceEqual("OFDLCK"u8) ? FileLockKind.OpenFileDescription
        : word.SequenceEqual("LEASE"u8) ? FileLockKind.Lease
        : FileLockKind.Other;

    private static int TypeOf(ref ProcReader line)
    {
        ReadOnlySpan<byte> word = line.Word("lock type");
        return word.SequenceEqual("READ"u8) ? Fcntl.F_RDLCK
            : word.SequenceEqual("WRITE"u8) ? Fcntl.F_WRLCK
            : word.SequenceEqual("UNLCK"u8) ? Fcntl.F_UNLCK
            : throw line.Fail("lock type", "READ, WRITE or UNLCK expected");
    }
}
