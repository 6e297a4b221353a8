namespace Torpor.Linux;

/// <summary>What statx(2) tells about a file.</summary>
/// <param name="Device">The device of the file system (st_dev).</param>
/// <param name="Inode">The inode number.</param>
/// <param name="Mode">Type and permissions, as st_mode.</param>
/// <param name="Uid">As seen from the caller's user namespace.</param>
/// <param name="Gid">As seen from the caller's user namespace.</param>
/// <param name="Size">In bytes.</param>
/// <param name="RDevice">The device that a device node stands for.</param>
/// <param name="LinkCount">Hard links; zero when the file is deleted.</param>
/// <param name="ModificationTime">Seconds and nanoseconds since 1970.</param>
/// <param name="Blocks">Allocated size in units of 512 bytes.</param>
/// <param name="MountId">The mount's id as in mountinfo (Linux 5.8); zero where unknown.</param>
public sealed record FileStatus(
    DeviceId Device,
    ulong Inode,
    uint Mode,
    uint Uid,
    uint Gid,
    long Size,
    DeviceId RDevice,
    uint LinkCount,
    FileTime ModificationTime,
    ulong Blocks,
    ulong MountId)
{
    private const uint S_IFMT = 0xf000;

    /// <summary>The type bits: S_IFREG, S_IFIFO and so on; zero for anonymous inodes.</summary>
    public uint Type => Mode & S_IFMT;

    public bool IsRegular => Type == 0x8000;

    public bool IsDirectory => Type == 0x4000;

    public bool IsCharacterDevice => Type == 0x2000;

    public bool IsBlockDevice => Type == 0x6000;

    public bool IsFifo => Type == 0x1000;

    public bool IsSymbolicLink => Type == 0xa000;

    public bool IsSocket => Type == 0xc000;

    /// <summary>True when both name the same file.</summary>
    public bool IsSameFile(FileStatus other) => Device == other.Device && Inode == other.Inode;
}

/// <summary>A file's time stamp.</summary>
public readonly record struct FileTime(long Seconds, uint Nanoseconds);
