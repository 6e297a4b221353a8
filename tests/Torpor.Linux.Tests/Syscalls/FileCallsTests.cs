using System.Text;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.Syscalls;

public class FileCallsTests
{
    [Fact]
    public void Open_MissingPath_NamesOperationAndErrno()
    {
        var e = Assert.Throws<LinuxException>(() => FileCalls.Open("/no/such", Fcntl.O_RDONLY));

        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Equal("open /no/such: ENOENT", e.Message);
        Assert.False(FileCalls.TryOpen("/no/such", Fcntl.O_RDONLY, out Fd? fd, out Errno errno));
        Assert.Null(fd);
        Assert.Equal(Errno.ENOENT, errno);
    }

    [Fact]
    public void Open_Any_ClosesOnExec()
    {
        using Fd fd = FileCalls.Open("/proc/self/stat", Fcntl.O_RDONLY);

        Assert.Equal(Fcntl.FD_CLOEXEC, FileCalls.GetDescriptorFlags(fd));
        FileCalls.SetDescriptorFlags(fd, 0);
        Assert.Equal(0, FileCalls.GetDescriptorFlags(fd));
    }

    [Fact]
    public void OpenAt2_WithoutSymlinks_RefusesOne()
    {
        using Fd directory = FileCalls.Open("/proc", Fcntl.O_PATH | Fcntl.O_DIRECTORY);
        using Fd plain = FileCalls.OpenAt2(directory, "self/stat", Fcntl.O_RDONLY, 0, 0);

        var e = Assert.Throws<LinuxException>(() => FileCalls.OpenAt2(directory, "self/stat", Fcntl.O_RDONLY, 0, Fcntl.RESOLVE_NO_SYMLINKS));
        Assert.Equal(Errno.ELOOP, e.Errno);
    }

    [Fact]
    public void SeekData_InSparseMemfd_FindsDataAndHole()
    {
        using Fd fd = FileCalls.MemfdCreate("sparse");
        FileCalls.Truncate(fd, 1L << 40);
        Assert.Equal(4, FileCalls.WriteAt(fd, "data"u8, 1L << 30));

        Assert.True(FileCalls.TrySeekData(fd, 0, out long data));
        Assert.Equal(1L << 30, data);
        Assert.Equal((1L << 30) + Environment.SystemPageSize, FileCalls.SeekHole(fd, data));
        Assert.False(FileCalls.TrySeekData(fd, (1L << 30) + Environment.SystemPageSize, out _));
        Assert.False(FileCalls.TrySeekData(fd, 1L << 40, out _));
        Span<byte> buffer = stackalloc byte[8];
        Assert.Equal(8, FileCalls.ReadAt(fd, buffer, 1L << 30));
        Assert.Equal("data\0\0\0\0"u8, buffer);
    }

    [Fact]
    public void Status_OfMemfd_TellsTypeSizeAndLinks()
    {
        using Fd fd = FileCalls.MemfdCreate("status", Fcntl.MFD_ALLOW_SEALING);
        FileCalls.Truncate(fd, 12345);
        FileStatus status = FileCalls.Status(fd);

        Assert.True(status.IsRegular);
        Assert.Equal(12345, status.Size);
        Assert.Equal(0u, status.LinkCount);
        Assert.Equal(ProcessCalls.GetEffectiveUid(), status.Uid);
        Assert.True(status.IsSameFile(FileCalls.Status($"/proc/self/fd/{fd.Value}")));
        Assert.Equal(FileSystemMagic.TMPFS_MAGIC, FileCalls.FileSystemType(fd));
        FileCalls.AddSeals(fd, Fcntl.F_SEAL_GROW);
        Assert.Equal(Fcntl.F_SEAL_GROW, FileCalls.GetSeals(fd) & Fcntl.F_SEAL_GROW);
    }

    [Fact]
    public void Status_OfPaths_FollowsLinksOrNot()
    {
        Assert.True(FileCalls.Status("/proc/self").IsDirectory);
        Assert.True(FileCalls.LinkStatus("/proc/self").IsSymbolicLink);
        Assert.Equal(new DeviceId(1, 3), FileCalls.Status("/dev/null").RDevice);
        Assert.True(FileCalls.Status("/dev/null").IsCharacterDevice);
        Assert.False(FileCalls.TryStatus("/no/such", out _, out Errno errno));
        Assert.Equal(Errno.ENOENT, errno);
        Assert.Equal(FileSystemMagic.PROC_SUPER_MAGIC, FileCalls.FileSystemType("/proc"));
    }

    [Fact]
    public void ReadLink_OfDescriptor_NamesIt()
    {
        using Fd fd = FileCalls.MemfdCreate("a b");

        Assert.Equal("/memfd:a b (deleted)", FileCalls.ReadLink($"/proc/self/fd/{fd.Value}"));
        using Fd directory = FileCalls.Open("/proc/self/fd", Fcntl.O_PATH);
        Assert.Equal("/memfd:a b (deleted)", FileCalls.ReadLinkAt(directory, fd.Value.ToString()));
    }

    [Fact]
    public void Tee_BetweenPipes_LeavesDataQueued()
    {
        (Fd reader, Fd writer) = FileCalls.Pipe();
        (Fd copyReader, Fd copyWriter) = FileCalls.Pipe();
        using (reader)
        using (writer)
        using (copyReader)
        using (copyWriter)
        {
            Assert.Equal(0, FileCalls.Tee(reader, copyWriter, 65536));
            FileCalls.WriteAll(writer, "queued"u8);

            Assert.Equal(6, FileCalls.Tee(reader, copyWriter, 65536));
            Assert.Equal(6, FileCalls.BytesReadable(reader));
            Span<byte> buffer = stackalloc byte[16];
            Assert.Equal("queued", Encoding.ASCII.GetString(buffer[..FileCalls.Read(copyReader, buffer)]));
            Assert.Equal(131072, FileCalls.SetPipeSize(writer, 131072));
            Assert.Equal(131072, FileCalls.GetPipeSize(reader));
            Assert.Equal(Poll.POLLIN, FileCalls.Poll(reader, Poll.POLLIN | Poll.POLLOUT));
            Assert.Equal(0, FileCalls.Poll(copyReader, Poll.POLLIN, 1));
            Assert.Equal(FileSystemMagic.PIPEFS_MAGIC, FileCalls.FileSystemType(reader));
        }
    }

    [Fact]
    public void Flags_OfPipe_AreSetAndRead()
    {
        (Fd reader, Fd writer) = FileCalls.Pipe(Fcntl.O_NONBLOCK);
        using (reader)
        using (writer)
        using (Fd copy = FileCalls.Duplicate(reader, 100))
        {
            Assert.True(copy.Value >= 100);
            Assert.Equal(Fcntl.O_NONBLOCK, FileCalls.GetFlags(copy));
            FileCalls.SetFlags(reader, 0);
            Assert.Equal(0, FileCalls.GetFlags(copy));
            Assert.Equal(Fcntl.O_WRONLY, FileCalls.GetFlags(writer) & Fcntl.O_ACCMODE);
            Assert.Equal(default, FileCalls.GetOwner(reader));
            Syscall.Invoke(SyscallNumber.fcntl, reader.Value, Fcntl.F_SETOWN, ProcessCalls.GetPid().Value).OrThrow("F_SETOWN");
            Assert.Equal(new FileOwner(Fcntl.F_OWNER_PID, ProcessCalls.GetPid().Value), FileCalls.GetOwner(reader));
            Syscall.Invoke(SyscallNumber.fcntl, reader.Value, Fcntl.F_SETSIG, Signal.SIGUSR2).OrThrow("F_SETSIG");
            Assert.Equal(Signal.SIGUSR2, FileCalls.GetSignal(reader));
            Assert.False(FileCalls.IsTerminal(reader));
        }
    }

    [Fact]
    public void Value_OfClosedDescriptor_Throws()
    {
        Fd fd = FileCalls.MemfdCreate("closed");
        fd.Dispose();

        Assert.Throws<ObjectDisposedException>(() => FileCalls.Status(fd));
    }

    [Fact]
    public void WriteValue_ToOwnComm_ChangesIt()
    {
        // A thread of its own: comm belongs to the thread, and the pool's threads keep theirs.
        string comm = "";
        var thread = new Thread(() =>
        {
            var task = new Linux.ProcFs.ProcTask(ProcessCalls.GetPid(), ProcessCalls.GetTid());
            FileCalls.WriteValue(task.PathOf("comm"), "a) b");
            comm = task.Stat().Comm;
        });
        thread.Start();
        thread.Join();

        Assert.Equal("a) b", comm);
    }
}
