using System.Runtime.InteropServices;

namespace Torpor.Linux;

/// <summary>What kcmp(2) compares. KCMP_IO and KCMP_SYSVSEM too.</summary>
public enum KcmpType
{
    KCMP_FILE = 0,
    KCMP_VM = 1,
    KCMP_FILES = 2,
    KCMP_FS = 3,
    KCMP_SIGHAND = 4,
    KCMP_IO = 5,
    KCMP_SYSVSEM = 6,
    KCMP_EPOLL_TFD = 7,
}

/// <summary>
/// Whether two tasks share a kernel object. Needs PTRACE_MODE_READ access to both. ENOSYS or EPERM where the kernel or a
/// filter does without it. See kcmp(2).
/// </summary>
public static class KcmpCalls
{
    /// <summary>
    /// The order of two open file descriptions, for sorting: zero when they are the same one, else negative or positive. The
    /// order is arbitrary but stays the same while the system runs.
    /// </summary>
    public static int CompareFiles(Tid first, RemoteFd firstFd, Tid second, RemoteFd secondFd)
    {
        return Order(Syscall.Invoke(SyscallNumber.kcmp, first.Value, second.Value, (long)KcmpType.KCMP_FILE, firstFd.Value, secondFd.Value)
            .OrThrow($"kcmp KCMP_FILE {first}:{firstFd} {second}:{secondFd}"));
    }

    /// <summary>The same open file description.</summary>
    public static bool SameFile(Tid first, RemoteFd firstFd, Tid second, RemoteFd secondFd) =>
        CompareFiles(first, firstFd, second, secondFd) == 0;

    /// <summary>The same object of a kind without an index: memory, descriptor table, fs, signal handlers, I/O context, SysV undo list.</summary>
    public static bool Same(KcmpType type, Tid first, Tid second) => Compare(type, first, second) == 0;

    /// <summary>As <see cref="Same"/>, with an order for sorting, see <see cref="CompareFiles"/>.</summary>
    public static int Compare(KcmpType type, Tid first, Tid second) =>
        Order(Syscall.Invoke(SyscallNumber.kcmp, first.Value, second.Value, (long)type).OrThrow($"kcmp {type} {first} {second}"));

    /// <summary>Looks for an object in a list that kcmp(2) has ordered: a thousand cost ten comparisons each.</summary>
    /// <param name="ordered">The list.</param>
    /// <param name="compare">The order of the object and one of the list.</param>
    /// <returns>Its place; if it is not there, the complement (~) of where it belongs.</returns>
    public static int Search<T>(IReadOnlyList<T> ordered, Func<T, int> compare)
    {
        int low = 0;
        int high = ordered.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int order = compare(ordered[middle]);
            if (order == 0)
                return middle;
            if (order < 0)
                high = middle;
            else
                low = middle + 1;
        }
        return ~low;
    }

    /// <summary>0 equal, 1 less, 2 greater, 3 different without an order.</summary>
    private static int Order(long result) => result switch { 0 => 0, 1 => -1, _ => 1 };

    /// <summary>Whether a descriptor is the very file that an epoll descriptor holds.</summary>
    /// <param name="task">The task of the descriptor that is asked about.</param>
    /// <param name="fd">That descriptor.</param>
    /// <param name="epollTask">The task with the epoll descriptor.</param>
    /// <param name="epoll">The epoll descriptor.</param>
    /// <param name="registered">The number under which the file was registered.</param>
    /// <param name="index">Which of several files registered under that number, in the order of the fdinfo; from zero.</param>
    public static bool IsEpollTarget(Tid task, RemoteFd fd, Tid epollTask, RemoteFd epoll, RemoteFd registered, int index = 0)
    {
        Span<uint> slot = [(uint)epoll.Value, (uint)registered.Value, (uint)index];
        SyscallResult result = Syscall.Invoke(
            SyscallNumber.kcmp, task.Value, epollTask.Value, (int)KcmpType.KCMP_EPOLL_TFD, fd.Value, MemoryMarshal.AsBytes(slot));
        return result.OrThrow($"kcmp KCMP_EPOLL_TFD {task}:{fd} {epollTask}:{epoll}") == 0;
    }
}
