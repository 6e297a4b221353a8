using Torpor.Linux;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files;

/// <summary>The restorer's own descriptors, as they take the place of outside ones.</summary>
internal static class StandardStreams
{
    /// <summary>A duplicate of a descriptor of this process that the caller named.</summary>
    public static Fd Duplicate(int local, string purpose)
    {
        SyscallResult result = Syscall.Invoke(SyscallNumber.fcntl, local, F_DUPFD_CLOEXEC, 3);
        return result.IsError
            ? throw new TorporException(FailureKind.Usage, $"descriptor {local}, given for {purpose}, is not open ({result.Errno})", "pass an open descriptor, as in 3</dev/null")
            : new Fd((int)result.Raw);
    }

    /// <summary>What stands for the target's standard stream: our own of the same number, or /dev/null where we have none.</summary>
    public static Fd ForStream(int number)
    {
        SyscallResult result = Syscall.Invoke(SyscallNumber.fcntl, number, F_DUPFD_CLOEXEC, 3);
        return result.IsError ? FileCalls.Open("/dev/null", O_RDWR) : new Fd((int)result.Raw);
    }

    /// <summary>Connects a description whose other side is outside to what the restorer has in its place.</summary>
    /// <param name="restore">The plan.</param>
    /// <param name="description">The standard streams among its numbers get our own of the same number, the others what fits.</param>
    /// <param name="writes">Whether it is used for output only.</param>
    public static void Rehome(FileRestore restore, RestoredDescription description, bool writes)
    {
        int first = description.Slots.Select(slot => slot.Number).DefaultIfEmpty(3).Min();
        int standard = first <= 2 ? first : writes ? 1 : 0;
        foreach (IGrouping<int, RestoredSlot> slots in description.Slots.GroupBy(slot => slot.Number <= 2 ? slot.Number : standard).OrderBy(slots => slots.Key))
            restore.PlacePassed(restore.Table.Pass(ForStream(slots.Key)), description, slots);
        description.IsRehomed = true;
    }

    /// <summary>The name of a standard stream for a note.</summary>
    public static string NameOf(int number) => number switch { 0 => "standard input", 1 => "standard output", _ => "standard error" };
}
