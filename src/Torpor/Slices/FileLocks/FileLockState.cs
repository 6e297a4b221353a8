using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.FileLocks;

/// <summary>A lock or a lease that is held.</summary>
/// <param name="Kind">What it belongs to.</param>
/// <param name="Type">F_RDLCK, F_WRLCK; F_UNLCK only of a lease that its holder is asked to give up.</param>
/// <param name="IsBreaking">A lease that another open waits for.</param>
/// <param name="Fd">A descriptor of the description through which it is held.</param>
/// <param name="Start">The first byte.</param>
/// <param name="Length">In bytes; zero for all up to the end of the file, however far that is.</param>
internal sealed record FileLockState(FileLockKind Kind, int Type, bool IsBreaking, int Fd, long Start, long Length)
{
    public static FileLockState Of(FileLock found, int fd) =>
        new(found.Kind, found.Type, found.IsBreaking, fd, found.Start, found.End is { } end ? end - found.Start + 1 : 0);
}

/// <summary>The state in filelocks.img.</summary>
internal static class FileLockImage
{
    // CRIU's numbers for file_lock_entry.flag.
    private const uint Posix = 1;
    private const uint Flock = 2;
    private const uint OpenFileDescription = 4;
    private const uint Lease = 8;

    /// <summary>In the type of a lease, beside what it is being reduced to.</summary>
    private const uint Breaking = 4;

    public static FileLockEntry ToEntry(FileLockState state, uint pid) => new()
    {
        Flag = state.Kind switch
        {
            FileLockKind.Posix => Posix,
            FileLockKind.Flock => Flock,
            FileLockKind.OpenFileDescription => OpenFileDescription,
            FileLockKind.Lease => Lease,
            _ => throw new ArgumentException($"a lock of kind {state.Kind} has no place in an image", nameof(state)),
        },
        Type = (uint)state.Type | (state.IsBreaking ? Breaking : 0),
        Pid = (int)pid,
        Fd = state.Fd,
        Start = state.Start,
        Len = state.Length,
    };

    public static FileLockState FromEntry(FileLockEntry entry)
    {
        FileLockKind kind = entry.Flag switch
        {
            Posix => FileLockKind.Posix,
            Flock => FileLockKind.Flock,
            OpenFileDescription => FileLockKind.OpenFileDescription,
            Lease => FileLockKind.Lease,
            _ => throw Damaged(entry, $"is of an unknown kind, {entry.Flag}"),
        };
        bool breaking = kind == FileLockKind.Lease && (entry.Type & Breaking) != 0;
        uint type = breaking ? entry.Type & ~Breaking : entry.Type;
        if (type != F_RDLCK && type != F_WRLCK && !(type == F_UNLCK && breaking))
            throw Damaged(entry, $"is of an unknown type, {entry.Type}");
        if (entry.Start < 0 || entry.Len < 0 || entry.Start > long.MaxValue - entry.Len)
            throw Damaged(entry, $"has no possible range: {entry.Len} bytes from {entry.Start}");
        return new FileLockState(kind, (int)type, breaking, entry.Fd, entry.Start, entry.Len);
    }

    public static TorporException Damaged(FileLockEntry entry, string what) =>
        new(FailureKind.ImageDamaged, $"the lock through descriptor {entry.Fd} of process {entry.Pid} {what}", "make a new checkpoint; this one is not whole");
}
