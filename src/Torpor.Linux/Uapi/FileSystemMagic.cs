namespace Torpor.Linux.Uapi;

/// <summary>linux/magic.h: what statfs(2) gives as f_type.</summary>
public static class FileSystemMagic
{
    public const long AAFS_MAGIC = 0x5a3c69f0;
    public const long ANON_INODE_FS_MAGIC = 0x09041934;
    public const long AUTOFS_SUPER_MAGIC = 0x0187;
    public const long BINDERFS_SUPER_MAGIC = 0x6c6f6f70;
    public const long BPF_FS_MAGIC = 0xcafe4a11;
    public const long BTRFS_SUPER_MAGIC = 0x9123683e;
    public const long CEPH_SUPER_MAGIC = 0x00c36400;
    public const long CGROUP_SUPER_MAGIC = 0x27e0eb;
    public const long CGROUP2_SUPER_MAGIC = 0x63677270;
    public const long DEBUGFS_MAGIC = 0x64626720;
    public const long DEVPTS_SUPER_MAGIC = 0x1cd1;
    public const long DMA_BUF_MAGIC = 0x444d4142;
    public const long EROFS_SUPER_MAGIC_V1 = 0xe0f5e1e2;
    public const long EXT4_SUPER_MAGIC = 0xef53;
    public const long F2FS_SUPER_MAGIC = 0xf2f52010;
    public const long FUSE_SUPER_MAGIC = 0x65735546;
    public const long HUGETLBFS_MAGIC = 0x958458f6;
    public const long ISOFS_SUPER_MAGIC = 0x9660;
    public const long MQUEUE_MAGIC = 0x19800202;
    public const long NFS_SUPER_MAGIC = 0x6969;
    public const long NSFS_MAGIC = 0x6e736673;
    public const long OVERLAYFS_SUPER_MAGIC = 0x794c7630;
    public const long PID_FS_MAGIC = 0x50494446;
    public const long PIPEFS_MAGIC = 0x50495045;
    public const long PROC_SUPER_MAGIC = 0x9fa0;
    public const long RAMFS_MAGIC = 0x858458f6;
    public const long SECRETMEM_MAGIC = 0x5345434d;
    public const long SECURITYFS_MAGIC = 0x73636673;
    public const long SELINUX_MAGIC = 0xf97cff8c;
    public const long SOCKFS_MAGIC = 0x534f434b;
    public const long SQUASHFS_MAGIC = 0x73717368;
    public const long SYSFS_MAGIC = 0x62656572;
    public const long TMPFS_MAGIC = 0x01021994;
    public const long TRACEFS_MAGIC = 0x74726163;
    public const long V9FS_MAGIC = 0x01021997;
    public const long XFS_SUPER_MAGIC = 0x58465342;
}
