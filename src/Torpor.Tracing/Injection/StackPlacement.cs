using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Tracing;

/// <summary>Chooses the thread on whose stack the first few records go.</summary>
public static class StackPlacement
{
    private const int PROT_WRITE = 2;

    /// <summary>
    /// A thread with that much room below its stack pointer. The process's first stack is preferred: nothing but the
    /// stack lives there, while a stack of a coroutine library may lie amid other data (the bytes are put back in
    /// either case).
    /// </summary>
    public static InjectedThread Choose(IReadOnlyList<InjectedThread> threads, IReadOnlyList<MemoryMapping> maps, int room) =>
        threads
            .Select(t => (Thread: t, Mapping: Find(maps, t.Snapshot.Resume.StackPointer, room)))
            .Where(c => c.Mapping is not null)
            .OrderBy(c => c.Mapping!.Name != "[stack]")
            .ThenByDescending(c => c.Thread.Snapshot.Resume.StackPointer - c.Mapping!.Start)
            .Select(c => c.Thread)
            .FirstOrDefault()
        ?? throw new LinuxException($"find {room} bytes of free stack in process", Errno.ENOMEM);

    private static MemoryMapping? Find(IReadOnlyList<MemoryMapping> maps, RemoteAddress stackPointer, int room)
    {
        ulong low = stackPointer.Value - Registers.RedZone - (ulong)room;
        foreach (MemoryMapping mapping in maps)
        {
            if (mapping.Start.Value <= low && stackPointer.Value <= mapping.End.Value)
                return ((int)mapping.Protection & PROT_WRITE) != 0 ? mapping : null;
        }
        return null;
    }
}
