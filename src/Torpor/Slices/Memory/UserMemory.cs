namespace Torpor.Slices.Memory;

/// <summary>Sizes and bounds of a process's address space on x86-64.</summary>
internal static class UserMemory
{
    public const ulong PageSize = 4096;

    /// <summary>The end of user addresses with five levels of page tables; with four, the kernel itself says no above 2^47.</summary>
    public const ulong End = (1UL << 56) - PageSize;
}
