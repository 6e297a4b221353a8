using System.Diagnostics.CodeAnalysis;
using Torpor.Linux.Uapi;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Linux;

/// <content>What a file is.</content>
public static partial class FileCalls
{
    /// <summary>What a descriptor refers to; works on O_PATH descriptors too. See statx(2).</summary>
    public static FileStatus Status(Fd fd) => Status(fd.Value, "", AT_EMPTY_PATH, out Errno errno) ?? throw new LinuxException($"stat {fd}", errno);

    /// <summary>What a path names, symbolic links followed. See statx(2).</summary>
    public static FileStatus Status(string path) => Status(AT_FDCWD, path, 0, out Errno errno) ?? throw new LinuxException($"stat {path}", errno);

    /// <summary>What a path names, a last symbolic link not followed.</summary>
    public static FileStatus LinkStatus(string path) =>
        Status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out Errno errno) ?? throw new LinuxException($"lstat {path}", errno);

    /// <summary>What a path relative to a directory names; flags AT_*.</summary>
    public static FileStatus StatusAt(Fd directory, string path, int flags = 0) =>
        Status(directory.Value, path, flags, out Errno errno) ?? throw new LinuxException($"stat {path} at {directory}", errno);

    /// <summary>What a path names, symbolic links followed; tells the error instead of throwing.</summary>
    public static bool TryStatus(string path, [NotNullWhen(true)] out FileStatus? status, out Errno errno) =>
        (status = Status(AT_FDCWD, path, 0, out errno)) is not null;

    private static FileStatus? Status(int directory, string path, int flags, out Errno errno)
    {
        Statx buffer = default;
        SyscallResult result = Syscall.InvokeRestarting(
            SyscallNumber.statx,
            directory,
            PathText.EncodeTerminated(path),
            flags | AT_NO_AUTOMOUNT,
            Stat.STATX_BASIC_STATS | Stat.STATX_MNT_ID,
            SyscallArgument.Of(ref buffer));
        errno = result.Errno;
        if (result.IsError)
            return null;
        return new FileStatus(
            new DeviceId(buffer.stx_dev_major, buffer.stx_dev_minor),
            buffer.stx_ino,
            buffer.stx_mode,
            buffer.stx_uid,
            buffer.stx_gid,
            (long)buffer.stx_size,
            new DeviceId(buffer.stx_rdev_major, buffer.stx_rdev_minor),
            buffer.stx_nlink,
            new FileTime(buffer.stx_mtime.tv_sec, buffer.stx_mtime.tv_nsec),
            buffer.stx_blocks,
            (buffer.stx_mask & Stat.STATX_MNT_ID) != 0 ? buffer.stx_mnt_id : 0);
    }

    /// <summary>The kind of file system that a descriptor lives on, one of <see cref="FileSystemMagic"/>. See fstatfs(2).</summary>
    public static long FileSystemType(Fd fd)
    {
        Span<byte> statfs = stackalloc byte[StatfsSize];
        Syscall.InvokeRestarting(SyscallNumber.fstatfs, fd, statfs).OrThrow($"statfs {fd}");
        return BitConverter.ToInt64(statfs);
    }

    /// <summary>The kind of file system that a path lives on, one of <see cref="FileSystemMagic"/>. See statfs(2).</summary>
    public static long FileSystemType(string path)
    {
        Span<byte> statfs = stackalloc byte[StatfsSize];
        Syscall.InvokeRestarting(SyscallNumber.statfs, PathText.EncodeTerminated(path), statfs).OrThrow($"statfs {path}");
        return BitConverter.ToInt64(statfs);
    }

    /// <summary>The size of <c>struct statfs</c>, whose first field is f_type, on 64-bit machines.</summary>
    private const int StatfsSize = 120;
}
