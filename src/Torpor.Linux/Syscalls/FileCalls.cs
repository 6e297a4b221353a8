using System.Diagnostics.CodeAnalysis;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Linux;

/// <summary>Files and descriptors of this process. Every descriptor it opens closes on exec.</summary>
public static partial class FileCalls
{
    /// <summary>Opens a path, with O_CLOEXEC. See open(2).</summary>
    public static Fd Open(string path, int flags, uint mode = 0)
    {
        return TryOpen(path, flags, mode, out Fd? fd, out Errno errno) ? fd : throw new LinuxException($"open {path}", errno);
    }

    /// <summary>Opens a path, with O_CLOEXEC; tells the error instead of throwing.</summary>
    public static bool TryOpen(string path, int flags, [NotNullWhen(true)] out Fd? fd, out Errno errno) =>
        TryOpen(path, flags, 0, out fd, out errno);

    private static bool TryOpen(string path, int flags, uint mode, [NotNullWhen(true)] out Fd? fd, out Errno errno)
    {
        SyscallResult result = Syscall.InvokeRestarting(
            SyscallNumber.openat, AT_FDCWD, PathText.EncodeTerminated(path), flags | O_CLOEXEC, mode);
        errno = result.Errno;
        fd = result.IsError ? null : new Fd((int)result.Raw);
        return fd is not null;
    }

    /// <summary>Opens a path relative to a directory, with O_CLOEXEC. See openat(2).</summary>
    public static Fd OpenAt(Fd directory, string path, int flags, uint mode = 0) =>
        new((int)Syscall.InvokeRestarting(SyscallNumber.openat, directory, PathText.EncodeTerminated(path), flags | O_CLOEXEC, mode)
            .OrThrow($"open {path} at {directory}"));

    /// <summary>Opens a path relative to a directory under the restrictions RESOLVE_*, with O_CLOEXEC. See openat2(2).</summary>
    public static Fd OpenAt2(Fd directory, string path, int flags, uint mode, ulong resolve)
    {
        Span<ulong> how = [(uint)(flags | O_CLOEXEC), mode, resolve];
        Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(how);
        return new Fd((int)Syscall.InvokeRestarting(SyscallNumber.openat2, directory, PathText.EncodeTerminated(path), bytes, bytes.Length)
            .OrThrow($"open {path} at {directory}"));
    }

    /// <summary>Reads up to the buffer's length; returns the number of bytes, zero at the end. See read(2).</summary>
    public static int Read(Fd fd, Span<byte> buffer) =>
        (int)Syscall.InvokeRestarting(SyscallNumber.read, fd, buffer, buffer.Length).OrThrow($"read {fd}");

    /// <summary>Reads at an offset without moving the position; returns the number of bytes, zero at the end. See pread(2).</summary>
    public static int ReadAt(Fd fd, Span<byte> buffer, long offset) =>
        (int)Syscall.InvokeRestarting(SyscallNumber.pread64, fd, buffer, buffer.Length, offset).OrThrow($"read {fd} at {offset}");

    /// <summary>Writes; returns the number of bytes that went in, which may be less than given. See write(2).</summary>
    public static int Write(Fd fd, ReadOnlySpan<byte> bytes) =>
        (int)Syscall.InvokeRestarting(SyscallNumber.write, fd, bytes, bytes.Length).OrThrow($"write {fd}");

    /// <summary>Writes all bytes.</summary>
    public static void WriteAll(Fd fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[Write(fd, bytes)..];
    }

    /// <summary>Writes at an offset without moving the position; returns the number of bytes that went in. See pwrite(2).</summary>
    public static int WriteAt(Fd fd, ReadOnlySpan<byte> bytes, long offset) =>
        (int)Syscall.InvokeRestarting(SyscallNumber.pwrite64, fd, bytes, bytes.Length, offset).OrThrow($"write {fd} at {offset}");

    /// <summary>Opens, writes and closes: for files in /proc and /sys that take a value in one write.</summary>
    public static void WriteValue(string path, string value)
    {
        using Fd fd = Open(path, O_WRONLY);
        byte[] bytes = PathText.Encode(value);
        long written = Syscall.InvokeRestarting(SyscallNumber.write, fd, bytes, bytes.Length).OrThrow($"write {path}");
        if (written != bytes.Length)
            throw new LinuxException($"write {path}", Errno.EIO);
    }

    /// <summary>The target of a symbolic link, as it is. See readlink(2).</summary>
    public static string ReadLink(string path) => ReadLink(AT_FDCWD, path, path);

    /// <summary>The target of a symbolic link relative to a directory; an empty path means the O_PATH descriptor itself. See readlinkat(2).</summary>
    public static string ReadLinkAt(Fd directory, string path) => ReadLink(directory.Value, path, $"{path} at {directory}");

    private static string ReadLink(int directory, string path, string what)
    {
        // The kernel limits a link's text to a page, and a path that it prints itself to a page too.
        Span<byte> buffer = stackalloc byte[4096];
        long length = Syscall.Invoke(SyscallNumber.readlinkat, directory, PathText.EncodeTerminated(path), buffer, buffer.Length)
            .OrThrow($"readlink {what}");
        return PathText.Decode(buffer[..(int)length]);
    }

    /// <summary>Sets the length of a file in bytes. See ftruncate(2).</summary>
    public static void Truncate(Fd fd, long length) =>
        Syscall.InvokeRestarting(SyscallNumber.ftruncate, fd, length).OrThrow($"truncate {fd} to {length}");

    /// <summary>Moves the position; returns the new one. See lseek(2).</summary>
    public static long Seek(Fd fd, long offset, int whence) =>
        Syscall.Invoke(SyscallNumber.lseek, fd.Value, offset, whence).OrThrow($"seek {fd}");

    /// <summary>Finds the next data at or after an offset; false when only a hole follows. Moves the position.</summary>
    public static bool TrySeekData(Fd fd, long offset, out long data)
    {
        SyscallResult result = Syscall.Invoke(SyscallNumber.lseek, fd.Value, offset, SEEK_DATA);
        data = result.Raw;
        return result.Errno != Errno.ENXIO && result.OrThrow($"seek data in {fd} from {offset}") >= 0;
    }

    /// <summary>Finds the end of the data at an offset: the next hole, or the file's end. Moves the position.</summary>
    public static long SeekHole(Fd fd, long offset) => Seek(fd, offset, SEEK_HOLE);

    /// <summary>Makes a memory file; flags MFD_*, closes on exec. See memfd_create(2).</summary>
    public static Fd MemfdCreate(string name, uint flags = 0) =>
        new((int)Syscall.Invoke(SyscallNumber.memfd_create, PathText.EncodeTerminated(name), flags | MFD_CLOEXEC).OrThrow($"memfd_create {name}"));

    /// <summary>Makes a pipe; flags O_NONBLOCK and O_DIRECT, closes on exec. See pipe(2).</summary>
    public static (Fd Reader, Fd Writer) Pipe(int flags = 0)
    {
        Span<int> ends = stackalloc int[2];
        Syscall.Invoke(SyscallNumber.pipe2, System.Runtime.InteropServices.MemoryMarshal.AsBytes(ends), flags | O_CLOEXEC).OrThrow("pipe");
        return (new Fd(ends[0]), new Fd(ends[1]));
    }

    /// <summary>Copies from one pipe to another without taking anything out; returns the number of bytes, zero when nothing is queued. See tee(2).</summary>
    public static long Tee(Fd from, Fd to, long length, int flags = SPLICE_F_NONBLOCK)
    {
        SyscallResult result = Syscall.InvokeRestarting(SyscallNumber.tee, from, to, length, flags);
        return result.Errno == Errno.EAGAIN ? 0 : result.OrThrow($"tee {from} to {to}");
    }

    /// <summary>Moves bytes between a pipe and a descriptor; returns their number. See splice(2).</summary>
    public static long Splice(Fd from, Fd to, long length, int flags = 0) =>
        Syscall.InvokeRestarting(SyscallNumber.splice, from, 0, to, 0, length, flags).OrThrow($"splice {from} to {to}");

    /// <summary>Allocates or punches a range; flags FALLOC_FL_*. See fallocate(2).</summary>
    public static void Allocate(Fd fd, int flags, long offset, long length) =>
        Syscall.InvokeRestarting(SyscallNumber.fallocate, fd, flags, offset, length).OrThrow($"fallocate {fd}");

    /// <summary>The numbers that name the entries of a directory like /proc/PID/fd, in the kernel's order; other names are left out.</summary>
    internal static List<int> NumericEntries(string path)
    {
        using Fd directory = Open(path, O_RDONLY | O_DIRECTORY);
        var numbers = new List<int>();
        byte[] buffer = new byte[32768];
        while (true)
        {
            int length = (int)Syscall.Invoke(SyscallNumber.getdents64, directory, buffer, buffer.Length).OrThrow($"read {path}");
            if (length == 0)
                return numbers;
            for (int at = 0; at < length;)
            {
                // struct linux_dirent64: u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[].
                int size = BitConverter.ToUInt16(buffer, at + 16);
                ReadOnlySpan<byte> name = buffer.AsSpan(at + 19, size - 19);
                name = name[..name.IndexOf((byte)0)];
                if (System.Buffers.Text.Utf8Parser.TryParse(name, out int number, out int consumed) && consumed == name.Length)
                    numbers.Add(number);
                at += size;
            }
        }
    }
}
