using System.Runtime.InteropServices;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.Syscalls;

public class ProcessCallsTests
{
    [Fact]
    public void PidFdGetFd_OfOwnChild_GivesSameDescription()
    {
        using var child = new Child();
        using Fd pidFd = PidFdCalls.Open(child.Pid);
        using Fd output = PidFdCalls.GetFd(pidFd, new RemoteFd(1));

        FileStatus expected = new ProcTask(child.Pid).DescriptorStatus(new RemoteFd(1));
        Assert.True(FileCalls.Status(output).IsSameFile(expected));
        Assert.True(KcmpCalls.SameFile(ProcessCalls.GetTid(), new RemoteFd(output.Value), child.Pid.Leader, new RemoteFd(1)));
        Assert.False(KcmpCalls.SameFile(ProcessCalls.GetTid(), new RemoteFd(pidFd.Value), child.Pid.Leader, new RemoteFd(1)));
        Assert.False(PidFdCalls.TryGetFd(pidFd, new RemoteFd(99), out _, out Errno errno));
        Assert.Equal(Errno.EBADF, errno);
    }

    [Fact]
    public void SendSignal_ToChild_EndsItOnce()
    {
        using var child = new Child();
        using Fd pidFd = PidFdCalls.Open(child.Pid);

        Assert.False(PidFdCalls.TrySendSignal(pidFd, 0).IsError);
        PidFdCalls.SendSignal(pidFd, Signal.SIGKILL);
        Assert.Equal(Poll.POLLIN, FileCalls.Poll(pidFd, Poll.POLLIN, 10_000) & Poll.POLLIN);
    }

    [Fact]
    public void PidFdOpen_OfGoneProcess_Throws() =>
        Assert.Equal(Errno.ESRCH, Assert.Throws<LinuxException>(() => PidFdCalls.Open(Child.Gone())).Errno);

    [Fact]
    public void Kcmp_OfOwnTasks_TellsWhatIsShared()
    {
        using var child = new Child();
        Tid self = ProcessCalls.GetTid();
        Tid leader = ProcessCalls.GetPid().Leader;

        Assert.All([KcmpType.KCMP_VM, KcmpType.KCMP_FILES, KcmpType.KCMP_FS, KcmpType.KCMP_SIGHAND], type => Assert.True(KcmpCalls.Same(type, self, leader)));
        Assert.All([KcmpType.KCMP_VM, KcmpType.KCMP_FILES], type => Assert.False(KcmpCalls.Same(type, self, child.Pid.Leader)));
    }

    [Fact]
    public void Kcmp_OfEpollTarget_KnowsRegisteredFile()
    {
        using Fd epoll = new((int)Syscall.Invoke(SyscallNumber.epoll_create1, EventPoll.EPOLL_CLOEXEC).OrThrow("epoll_create1"));
        (Fd reader, Fd writer) = FileCalls.Pipe();
        using (reader)
        using (writer)
        {
            // struct epoll_event: u32 events, u64 data, packed on x86-64.
            Syscall.Invoke(SyscallNumber.epoll_ctl, epoll, EventPoll.EPOLL_CTL_ADD, reader, new byte[16]).OrThrow("epoll_ctl");
            Tid self = ProcessCalls.GetTid();
            RemoteFd epollFd = new(epoll.Value);
            RemoteFd readerFd = new(reader.Value);

            Assert.True(KcmpCalls.IsEpollTarget(self, readerFd, self, epollFd, readerFd));
            Assert.False(KcmpCalls.IsEpollTarget(self, new RemoteFd(writer.Value), self, epollFd, readerFd));
            EventPollInfo entry = Assert.Single(ProcTask.Self.FdInfo(epollFd).EventPoll);
            Assert.Equal(readerFd, entry.Fd);
            Assert.Equal(FileCalls.Status(reader).Inode, entry.Inode);
            Assert.Equal(FileCalls.Status(reader).Device, entry.Device);
        }
    }

    [Fact]
    public void GetLimit_OfEveryResource_AgreesWithProc()
    {
        ProcLimits limits = ProcTask.Self.Limits();

        for (int resource = 0; resource < Resource.RLIM_NLIMITS; resource++)
            Assert.Equal(ProcessCalls.GetLimit(default, resource), limits[resource]);
    }

    [Fact]
    public void SetLimit_OfCoreFile_IsRead()
    {
        ResourceLimit before = ProcessCalls.GetLimit(default, Resource.RLIMIT_CORE);
        ProcessCalls.SetLimit(default, Resource.RLIMIT_CORE, before with { Soft = 0 });
        Assert.Equal(before with { Soft = 0 }, ProcTask.Self.Limits()[Resource.RLIMIT_CORE]);
        ProcessCalls.SetLimit(default, Resource.RLIMIT_CORE, before);
    }

    [Fact]
    public void Capabilities_OfSelf_AgreeWithStatus()
    {
        ProcStatus status = new ProcTask(ProcessCalls.GetPid(), ProcessCalls.GetTid()).Status();

        CapabilitySets sets = ProcessCalls.GetCapabilities(default);
        Assert.Equal(new CapabilitySets(status.CapEff, status.CapPrm, status.CapInh), sets);
        ProcessCalls.SetCapabilities(sets);
        Assert.Equal(sets, ProcessCalls.GetCapabilities(default));
    }

    [Fact]
    public void Scheduling_OfSelf_AgreesWithStat()
    {
        Tid self = ProcessCalls.GetTid();
        ProcStat stat = new ProcTask(ProcessCalls.GetPid(), self).Stat();
        SchedulingAttributes attributes = ProcessCalls.GetScheduling(self);

        Assert.Equal(stat.Policy, attributes.sched_policy);
        Assert.Equal(stat.Nice, attributes.sched_nice);
        Assert.Contains(ProcessCalls.GetAffinity(self), b => b != 0);
        Assert.InRange(ProcessCalls.GetIoPriority(self), 0, 0xffff);
        (RemoteAddress head, ulong length) = ProcessCalls.GetRobustList(self);
        Assert.False(head.IsNull);
        Assert.Equal(24UL, length);
    }

    [Fact]
    public void WaitId_OfRunningChild_FindsNothingYet()
    {
        using var child = new Child();

        Assert.Null(ProcessCalls.WaitId(Wait.P_PID, child.Pid.Value, Wait.WEXITED | Wait.WNOHANG | Wait.WNOWAIT));
        ProcessCalls.Kill(child.Pid, Signal.SIGSTOP);
        Assert.Equal(new ChildState(child.Pid, Signal.CLD_STOPPED, Signal.SIGSTOP), ProcessCalls.WaitId(Wait.P_PID, child.Pid.Value, Wait.WSTOPPED));
        Assert.Equal(Errno.ECHILD, Assert.Throws<LinuxException>(() => ProcessCalls.WaitId(Wait.P_PID, 1, Wait.WEXITED)).Errno);
    }

    [Fact]
    public void Prctl_ReadOnly_Answers() =>
        Assert.InRange(ProcessCalls.Prctl(Prctl.PR_GET_DUMPABLE).OrThrow("prctl"), 0, 2);

    [Fact]
    public void Memory_OfSelf_IsReadAndWritten()
    {
        byte[] data = GC.AllocateArray<byte>(64, pinned: true);
        var address = new RemoteAddress((ulong)Marshal.UnsafeAddrOfPinnedArrayElement(data, 0));
        Pid self = ProcessCalls.GetPid();

        Assert.Equal(3, MemoryCalls.Write(self, address + 1, [1, 2, 3]).OrThrow("write"));
        byte[] buffer = new byte[4];
        Assert.Equal(4, MemoryCalls.Read(self, [new RemoteRange(address + 3, 1), new RemoteRange(address, 3)], buffer).OrThrow("read"));
        Assert.Equal([3, 0, 1, 2], buffer);
        Assert.Equal(4, MemoryCalls.Write(self, [new RemoteRange(address + 10, 2), new RemoteRange(address + 20, 2)], [7, 8, 9, 10]).OrThrow("write"));
        Assert.Equal([7, 8], data[10..12]);
        Assert.Equal([9, 10], data[20..22]);
    }

    [Fact]
    public void Memory_BehindMapping_IsPartlyRead()
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nint map = MappingCalls.Map(0, 2 * page, ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS);
        MappingCalls.Protect(map + (nint)page, page, ProtectionFlags.PROT_NONE);
        byte[] buffer = new byte[2 * page];

        Assert.Equal((long)page, MemoryCalls.Read(ProcessCalls.GetPid(), new RemoteAddress((ulong)map), buffer).OrThrow("read"));
        Assert.Equal(Errno.EFAULT, MemoryCalls.Read(ProcessCalls.GetPid(), new RemoteAddress((ulong)map + page), buffer).Errno);
        MappingCalls.Unmap(map, 2 * page);
    }
}
