using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>
/// Where the tool's own things lie in a restored task's address space while its plan runs: in one hole of the image's
/// layout, and gone when the plan is done.
/// </summary>
/// <param name="Start">The stub's ELF image.</param>
/// <param name="Limit">The end of the hole.</param>
/// <param name="Vdso">The kernel's mappings to keep.</param>
public sealed record StubLayout(RemoteAddress Start, RemoteAddress Limit, KernelMappings Vdso)
{
    private const ulong PageSize = 4096;

    /// <summary>The lowest address used; above vm.mmap_min_addr on every distribution.</summary>
    private const ulong Lowest = 0x10000;

    /// <summary>Above this a fresh program's own stack and vDSO may be.</summary>
    private const ulong Highest = 0x7000_0000_0000;

    /// <summary>Distance from the mappings around, so that none of them merges with ours and stacks can grow.</summary>
    private const ulong Margin = 0x1000000;

    /// <summary>The end of user addresses with four-level page tables.</summary>
    public const ulong UserEnd = 0x7fff_ffff_f000;

    /// <summary>An anonymous page with the interpreter: the stub's own is file-backed and would pin <c>/proc/PID/exe</c>.</summary>
    public RemoteAddress Code => Start + 0x10000;

    /// <summary>Where the vDSO block waits.</summary>
    public RemoteAddress Parked => Code + PageSize;

    /// <summary>Programs and their data.</summary>
    public RemoteAddress Programs => Parked + Vdso.Length + PageSize;

    /// <summary>Bytes there is room for.</summary>
    public ulong ProgramsLimit => Limit - Programs;

    /// <summary>Finds a hole among the image's mappings.</summary>
    /// <param name="mappings">Start and end of each mapping, by address.</param>
    /// <param name="vdso">This kernel's own mappings.</param>
    public static StubLayout Find(IEnumerable<(ulong Start, ulong End)> mappings, KernelMappings vdso)
    {
        ulong end = Lowest;
        (ulong Start, ulong Length) best = default;
        foreach ((ulong start, ulong mappingEnd) in mappings.Append((Highest, Highest)))
        {
            ulong limit = Math.Min(start, Highest);
            if (limit > end && limit - end > best.Length)
                best = (end, limit - end);
            end = Math.Max(end, mappingEnd);
        }
        if (best.Length < 4 * Margin)
            throw new LinuxException("find a hole in the image's address space", Errno.ENOMEM);
        ulong first = (best.Start + Margin + 0xffff) & ~0xffffUL;
        return new StubLayout(new RemoteAddress(first), new RemoteAddress(best.Start + best.Length - Margin), vdso);
    }
}
