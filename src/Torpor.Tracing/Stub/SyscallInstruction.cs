using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Tracing;

/// <summary>Finds an instruction that enters the kernel in a process's own code.</summary>
public static class SyscallInstruction
{
    private const int PROT_EXEC = 4;
    private const int ChunkLength = 1 << 20;

    /// <summary>The first one found, the vDSO's before others; throws ENOENT when the process has none.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="except">A range to leave out.</param>
    public static RemoteAddress Find(RemoteMemory memory, RemoteAddress except, RemoteAddress exceptEnd)
    {
        IEnumerable<MemoryMapping> code = new ProcTask(memory.Pid).Maps()
            .Where(m => ((int)m.Protection & PROT_EXEC) != 0 && m.Name != "[vsyscall]" && (m.End <= except || m.Start >= exceptEnd));
        byte[] chunk = new byte[ChunkLength];
        foreach (MemoryMapping mapping in code.OrderBy(m => m.Name != "[vdso]"))
        {
            for (RemoteAddress at = mapping.Start; at < mapping.End; at += ChunkLength - 1)
            {
                int wanted = (int)Math.Min((ulong)ChunkLength, mapping.End - at);
                int read = memory.ReadPartial(at, chunk.AsSpan(0, wanted));
                int found = chunk.AsSpan(0, read).IndexOf(Registers.SyscallInstruction);
                if (found >= 0)
                    return at + (ulong)found;
                if (wanted < ChunkLength)
                    break;
            }
        }
        throw new LinuxException($"find a system call instruction in process {memory.Pid}", Errno.ENOENT);
    }
}
