using System.Diagnostics;
using System.Runtime.InteropServices;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Tests.Syscalls;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.ProcFs;

/// <summary>Against the running kernel.</summary>
public class ProcTaskTests
{
    [Fact]
    public void Status_OfSelf_AgreesWithCalls()
    {
        ProcStatus status = ProcTask.Self.Status();

        Assert.Equal(ProcessCalls.GetPid(), status.Tgid);
        Assert.Equal(ProcessCalls.GetUid(), status.Uids.Real);
        Assert.Equal(ProcessCalls.GetEffectiveGid(), status.Gids.Effective);
        Assert.False(status.KernelThread);
        Assert.Equal(status.Name, ProcTask.Self.Stat().Comm);
    }

    [Fact]
    public void Threads_OfSelf_HoldThisOne()
    {
        IReadOnlyList<Tid> threads = ProcTask.Self.Threads();

        Assert.Equal(ProcessCalls.GetPid().Leader, threads[0]);
        Assert.Contains(ProcessCalls.GetTid(), threads);
        var thread = new ProcTask(ProcessCalls.GetPid(), ProcessCalls.GetTid());
        Assert.Equal(ProcessCalls.GetTid(), thread.Status().Pid);
    }

    [Fact]
    public void Descriptors_OfSelf_HoldNewOne()
    {
        using Fd fd = FileCalls.MemfdCreate("mine");
        FileCalls.Seek(fd, 5, Fcntl.SEEK_SET);
        RemoteFd remote = new(fd.Value);

        Assert.Contains(remote, ProcTask.Self.Descriptors());
        Assert.Equal("/memfd:mine (deleted)", ProcTask.Self.DescriptorLink(remote));
        Assert.True(ProcTask.Self.DescriptorStatus(remote).IsSameFile(FileCalls.Status(fd)));
        FdInfo info = ProcTask.Self.FdInfo(remote);
        Assert.Equal(5, info.Position);
        Assert.Equal(Fcntl.O_CLOEXEC, info.Flags & Fcntl.O_CLOEXEC);
        Assert.Equal(FileCalls.Status(fd).Inode, info.Inode ?? FileCalls.Status(fd).Inode);
    }

    [Fact]
    public void Maps_OfSelf_HoldNewMapping()
    {
        using Fd fd = FileCalls.MemfdCreate("mapped");
        FileCalls.Truncate(fd, 8192);
        nint map = MappingCalls.Map(0, 4096, ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE, Mman.MAP_SHARED, fd, 4096);
        MappingCalls.Advise(map, 4096, Mman.MADV_DONTFORK);
        Marshal.WriteByte(map, 1);

        MemoryMapping mapping = Assert.Single(ProcTask.Self.Smaps(), m => m.Name == "/memfd:mapped");
        Assert.Equal((ulong)map, mapping.Start.Value);
        Assert.Equal(4096UL, mapping.Offset);
        Assert.True(mapping.Shared);
        Assert.True(mapping.Has(VmFlags.DontCopy | VmFlags.Shared));
        Assert.Equal(4, mapping.RssKb);
        Assert.Equal(FileCalls.Status(fd).Inode, mapping.Inode);
        Assert.Equal(FileCalls.Status(fd).Device, mapping.Device);
        Assert.Equal(mapping.ToString(), Assert.Single(ProcTask.Self.Maps(), m => m.Name == "/memfd:mapped").ToString());
        MappingCalls.Unmap(map, 4096);
    }

    [Fact]
    public void Smaps_OfTenThousandMappings_AllocateLittle()
    {
        const int Count = 10_000;
        nint map = MappingCalls.Map(0, Count * 4096, ProtectionFlags.PROT_NONE, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS);
        for (int i = 0; i < Count; i += 2)
            MappingCalls.Protect(map + (i * 4096), 4096, ProtectionFlags.PROT_READ);

        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<MemoryMapping> smaps = ProcTask.Self.Smaps();
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        MappingCalls.Unmap(map, Count * 4096);

        TestContext.Current.TestOutputHelper!.WriteLine($"{smaps.Count} mappings, {time.TotalMilliseconds} ms, {allocated} bytes");
        Assert.True(smaps.Count >= Count);
        Assert.True(allocated < smaps.Count * 400, $"{allocated} bytes for {smaps.Count} mappings");
    }

    [Fact]
    public void Auxv_OfSelf_TellsPageSize()
    {
        ulong[] auxv = ProcTask.Self.Auxv();
        int pageSize = Array.FindIndex(auxv, word => word == 6);

        Assert.Equal((ulong)Environment.SystemPageSize, auxv[pageSize + 1]);
        Assert.Equal(0UL, auxv[^2]);
    }

    [Fact]
    public void Timers_OfSelf_HoldNewOne()
    {
        int id = 0;
        Syscall.Invoke(SyscallNumber.timer_create, Time.CLOCK_MONOTONIC, 0, SyscallArgument.Of(ref id)).OrThrow("timer_create");
        try
        {
            PosixTimerInfo timer = Assert.Single(ProcTask.Self.Timers(), t => t.Id == id);
            Assert.Equal(Signal.SIGALRM, timer.Signal);
            Assert.Equal(ProcessCalls.GetPid().Value, timer.Target);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            Assert.Skip("this kernel has no /proc/PID/timers");
        }
        finally
        {
            Syscall.Invoke(SyscallNumber.timer_delete, id);
        }
    }

    [Fact]
    public void Exists_OfEntries_TellsBoth()
    {
        Assert.True(ProcTask.Self.Exists("exe"));
        Assert.False(ProcTask.Self.Exists("nothing"));
        Assert.False(ProcTask.Self.Exists("stat/nothing"));
    }

    [Fact]
    public void Read_OfGoneProcess_NamesFileAndErrno()
    {
        var task = new ProcTask(Child.Gone());

        Assert.Equal($"open {task.Root}/status: ENOENT", Assert.Throws<LinuxException>(() => task.Status()).Message);
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => task.Threads()).Errno);
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => task.DescriptorLink(new RemoteFd(0))).Errno);
        Assert.False(task.Exists("fd"));
    }

    [Fact]
    public void Read_OfProcessThatGoesMeanwhile_GivesEsrch()
    {
        Fd status;
        using (var child = new Child())
            status = FileCalls.Open(new ProcTask(child.Pid).PathOf("status"), Fcntl.O_RDONLY);
        using (status)
            Assert.Equal(Errno.ESRCH, Assert.Throws<LinuxException>(() => FileCalls.Read(status, new byte[64])).Errno);
    }
}
