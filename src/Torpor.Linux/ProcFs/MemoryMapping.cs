namespace Torpor.Linux.ProcFs;

/// <summary>PROT_* of mmap(2).</summary>
[Flags]
public enum ProtectionFlags
{
    PROT_NONE = 0,
    PROT_READ = 1,
    PROT_WRITE = 2,
    PROT_EXEC = 4,
}

/// <summary>One mapping of a process: a line of /proc/PID/maps, or a record of /proc/PID/smaps with what that adds.</summary>
public sealed record MemoryMapping
{
    public required RemoteAddress Start { get; init; }

    /// <summary>The first address behind the mapping.</summary>
    public required RemoteAddress End { get; init; }

    public required ProtectionFlags Protection { get; init; }

    /// <summary>True for MAP_SHARED, false for a private mapping.</summary>
    public required bool Shared { get; init; }

    /// <summary>In bytes from the start of the file.</summary>
    public required ulong Offset { get; init; }

    /// <summary>
    /// The device of the file's super block; zero without a file. On btrfs and overlayfs it can differ from the one that
    /// stat(2) tells for the same file.
    /// </summary>
    public required DeviceId Device { get; init; }

    public required ulong Inode { get; init; }

    /// <summary>
    /// The file's path or the kernel's own name in brackets, with <c>\012</c> turned back into a newline and the kernel's
    /// <c> (deleted)</c> taken off; empty for anonymous memory. The kernel escapes newlines only, so a path that
    /// really holds <c>\012</c>, or ends in <c> (deleted)</c>, reads the same: compare the inode.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The name ends in <c> (deleted)</c>. See <see cref="Name"/>.</summary>
    public required bool Deleted { get; init; }

    /// <summary>The known codes of VmFlags; only from smaps.</summary>
    public VmFlags VmFlags { get; init; }

    /// <summary>Codes of VmFlags that <see cref="ProcFs.VmFlags"/> does not know.</summary>
    public IReadOnlyList<string> UnknownVmFlags { get; init; } = [];

    /// <summary>Resident size in KiB; only from smaps.</summary>
    public long RssKb { get; init; }

    /// <summary>Memory in KiB that does not come from a file; only from smaps.</summary>
    public long AnonymousKb { get; init; }

    /// <summary>Swapped-out memory in KiB; only from smaps.</summary>
    public long SwapKb { get; init; }

    /// <summary>The page size of the mapping in KiB, more than the machine's for hugetlbfs; only from smaps.</summary>
    public long KernelPageSizeKb { get; init; }

    /// <summary>The memory protection key, see pkeys(7); zero where the machine has none. Only from smaps.</summary>
    public int ProtectionKey { get; init; }

    /// <summary>In bytes.</summary>
    public ulong Length => End - Start;

    /// <summary>The name as the kernel prints it, with <c> (deleted)</c>.</summary>
    public string RawName => Deleted ? Name + " (deleted)" : Name;

    /// <summary>True when the mapping has all of the flags.</summary>
    public bool Has(VmFlags flags) => (VmFlags & flags) == flags;

    /// <summary>True when the mapping has all of the protections.</summary>
    public bool Has(ProtectionFlags protection) => (Protection & protection) == protection;

    public override string ToString() =>
        $"{Start.Value:x}-{End.Value:x} {(Has(ProtectionFlags.PROT_READ) ? 'r' : '-')}{(Has(ProtectionFlags.PROT_WRITE) ? 'w' : '-')}"
        + $"{(Has(ProtectionFlags.PROT_EXEC) ? 'x' : '-')}{(Shared ? 's' : 'p')} {Offset:x8} {Device} {Inode} {RawName}";
}
