namespace Torpor.Slices.Vdso;

/// <summary>One mapping of the kernel's block: <c>[vdso]</c>, <c>[vvar]</c>, <c>[vvar_vclock]</c>. The set differs between kernels.</summary>
/// <param name="Name">As in /proc/PID/maps.</param>
/// <param name="Offset">From the start of the block, in bytes.</param>
/// <param name="Size">In bytes.</param>
internal readonly record struct VdsoPart(string Name, ulong Offset, ulong Size);

/// <summary>The block in which the kernel gives a process its code and data for cheap system calls.</summary>
/// <param name="Start">Its address.</param>
/// <param name="Parts">Ascending.</param>
/// <param name="Content">The ELF file in <c>[vdso]</c>, without padding.</param>
internal sealed record VdsoState(ulong Start, IReadOnlyList<VdsoPart> Parts, ReadOnlyMemory<byte> Content)
{
    /// <summary>Whether code of the one finds what it needs in the other: the same code with its data at the same distances.</summary>
    public bool IsSameAs(VdsoState other) => Parts.SequenceEqual(other.Parts) && Content.Span.SequenceEqual(other.Content.Span);

    public override string ToString() => Parts.Count == 0 ? "none" : string.Join(' ', Parts.Select(p => $"{p.Name}:{p.Size / 1024}K"));
}
