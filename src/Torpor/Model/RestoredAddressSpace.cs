using Torpor.Linux;

namespace Torpor.Model;

/// <summary>
/// What the restored task's address space holds before the memory slice's steps run: nothing but the tool's own scratch
/// region and the vDSO block of the running kernel, moved out of the way of the image's mappings.
/// </summary>
/// <param name="ParkedVdso">Where the vDSO block lies.</param>
/// <param name="ParkedVdsoSize">Its size in bytes, every part and the gaps between them.</param>
/// <param name="ParkedParts">The block's mappings in ascending order: the name as in /proc/PID/maps, the offset from <paramref name="ParkedVdso"/> and the size.</param>
/// <param name="VdsoContent">The bytes of the part [vdso].</param>
/// <param name="Reserved">Ranges that the plan must leave alone while it runs: scratch, program, stub. They lie in holes of the image's layout.</param>
public sealed record RestoredAddressSpace(
    RemoteAddress ParkedVdso,
    ulong ParkedVdsoSize,
    IReadOnlyList<(string Name, ulong Offset, ulong Size)> ParkedParts,
    byte[] VdsoContent,
    IReadOnlyList<(RemoteAddress Start, ulong Size)> Reserved);
