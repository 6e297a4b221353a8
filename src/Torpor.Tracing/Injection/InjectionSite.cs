using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Tracing;

/// <summary>Where injected code and data go in a target, and what an earlier, killed run has left there.</summary>
/// <param name="Code">Place for the interpreter: zero bytes behind the end of executable code, which nothing ever runs.</param>
/// <param name="CodePresent">The interpreter already stands there.</param>
/// <param name="Scratch">A hole in the address space for the scratch mapping.</param>
/// <param name="Stale">Scratch mappings of an earlier run, to be unmapped.</param>
public sealed record InjectionSite(RemoteAddress Code, bool CodePresent, RemoteAddress Scratch, IReadOnlyList<(RemoteAddress Start, ulong Length)> Stale)
{
    /// <summary>Scratch mappings start with this.</summary>
    public static ReadOnlySpan<byte> Magic => "torpor scratch\0\x01"u8;

    private const int PROT_WRITE = 2;
    private const int PROT_EXEC = 4;
    private const ulong PageSize = 4096;
    private const ulong LowestAddress = 0x10000;

    /// <summary>Scratch keeps this distance from the mappings around it, so that a stack below it can grow.</summary>
    private const ulong Margin = 0x1000000;

    /// <summary>Finds the places.</summary>
    /// <param name="maps">The target's mappings, by address, with their VmFlags.</param>
    /// <param name="memory">The target's memory.</param>
    /// <param name="scratchLength">In bytes.</param>
    public static InjectionSite Find(IReadOnlyList<MemoryMapping> maps, RemoteMemory memory, ulong scratchLength)
    {
        (RemoteAddress code, bool present) = FindCode(maps, memory);
        return new InjectionSite(code, present, FindHole(maps, scratchLength), FindStale(maps, memory));
    }

    /// <summary>True for a mapping that an earlier run has left.</summary>
    public static bool IsStale(MemoryMapping mapping, RemoteMemory memory)
    {
        // Three rare flags together single out candidates without a look into each mapping.
        if (mapping.Shared || mapping.Name.Length != 0 || !mapping.Has(VmFlags.DontCopy) || !mapping.Has(VmFlags.DontDump) || !mapping.Has(VmFlags.WipeOnFork))
            return false;
        Span<byte> head = stackalloc byte[Magic.Length];
        return memory.TryRead(mapping.Start, head) && head.SequenceEqual(Magic);
    }

    private static List<(RemoteAddress, ulong)> FindStale(IReadOnlyList<MemoryMapping> maps, RemoteMemory memory) =>
        maps.Where(m => IsStale(m, memory)).Select(m => (m.Start, m.End - m.Start)).ToList();

    private static (RemoteAddress Code, bool Present) FindCode(IReadOnlyList<MemoryMapping> maps, RemoteMemory memory)
    {
        // The vDSO first: its tail is padding in every build of the kernel, and it is small.
        foreach (MemoryMapping mapping in maps.Where(IsUsable).OrderBy(m => m.Name != "[vdso]").ThenBy(m => m.End - m.Start))
        {
            ulong tailLength = Math.Min(mapping.End - mapping.Start, PageSize);
            byte[] tail = new byte[tailLength];
            if (!memory.TryRead(mapping.End - tailLength, tail))
                continue;
            // Aligned for PTRACE_POKEDATA, with a zero word in front so that the last instruction of the code before
            // it can't run into it unnoticed.
            int offset = (tail.Length - InterpreterCode.Length) & ~7;
            if (tail.AsSpan(offset, InterpreterCode.Bytes.Length).SequenceEqual(InterpreterCode.Bytes))
                return (mapping.End - tailLength + (ulong)offset, true);
            if (!tail.AsSpan(offset - sizeof(ulong)).ContainsAnyExcept((byte)0))
                return (mapping.End - tailLength + (ulong)offset, false);
        }
        throw new LinuxException($"find room for {InterpreterCode.Length} bytes of code in process {memory.Pid}", Errno.ENOMEM);
    }

    private static bool IsUsable(MemoryMapping mapping) =>
        ((int)mapping.Protection & PROT_EXEC) != 0 && ((int)mapping.Protection & PROT_WRITE) == 0 && !mapping.Shared && mapping.Name != "[vsyscall]";

    private static RemoteAddress FindHole(IReadOnlyList<MemoryMapping> maps, ulong length)
    {
        ulong end = LowestAddress;
        foreach (MemoryMapping mapping in maps)
        {
            if (mapping.Start.Value > end && mapping.Start.Value - end >= length + (2 * Margin))
                return new RemoteAddress((end + Margin) & ~(PageSize - 1));
            end = mapping.End.Value;
        }
        throw new LinuxException($"find a hole of {length} bytes in the address space", Errno.ENOMEM);
    }
}
