using System.Runtime.InteropServices;

namespace Torpor.Linux.Uapi;

/// <summary>linux/stat.h.</summary>
public static class Stat
{
    public const uint S_IFMT = 0xf000;
    public const uint S_IFSOCK = 0xc000;
    public const uint S_IFLNK = 0xa000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFIFO = 0x1000;
    public const uint S_ISUID = 0x800;
    public const uint S_ISGID = 0x400;
    public const uint S_ISVTX = 0x200;

    public const uint STATX_BASIC_STATS = 0x7ff;
    public const uint STATX_BTIME = 0x800;
    public const uint STATX_MNT_ID = 0x1000;
}

/// <summary><c>struct statx_timestamp</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct StatxTimestamp
{
    public long tv_sec;
    public uint tv_nsec;
    public int reserved;
}

/// <summary><c>struct statx</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct Statx
{
    public uint stx_mask;
    public uint stx_blksize;
    public ulong stx_attributes;
    public uint stx_nlink;
    public uint stx_uid;
    public uint stx_gid;
    public ushort stx_mode;
    public ushort spare0;
    public ulong stx_ino;
    public ulong stx_size;
    public ulong stx_blocks;
    public ulong stx_attributes_mask;
    public StatxTimestamp stx_atime;
    public StatxTimestamp stx_btime;
    public StatxTimestamp stx_ctime;
    public StatxTimestamp stx_mtime;
    public uint stx_rdev_major;
    public uint stx_rdev_minor;
    public uint stx_dev_major;
    public uint stx_dev_minor;
    public ulong stx_mnt_id;
}
