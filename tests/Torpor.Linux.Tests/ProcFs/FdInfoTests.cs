using System.Text;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.ProcFs;

public class FdInfoTests
{
    private static FdInfo Parse(string sample) => FdInfo.Parse("fdinfo", Sample.Read(sample));

    private static FdInfo ParseText(string text) => FdInfo.Parse("fdinfo", Encoding.UTF8.GetBytes("pos:\t0\nflags:\t02\nmnt_id:\t1\n" + text));

    [Fact]
    public void Parse_FileWithLocks_ReadsCommonFieldsAndLocks()
    {
        FdInfo info = Parse("linux-6.18/fdinfo/locks");

        Assert.Equal(77, info.Position);
        Assert.Equal(Fcntl.O_RDWR | Fcntl.O_LARGEFILE, info.Flags);
        Assert.NotNull(info.Inode);
        Assert.Equal(2, info.Locks.Count);
        Assert.Equal((FileLockKind.Flock, Fcntl.F_WRLCK, 0L, null), (info.Locks[0].Kind, info.Locks[0].Type, info.Locks[0].Start, info.Locks[0].End));
        Assert.StartsWith("1: FLOCK  ADVISORY  WRITE ", info.Locks[0].Text);
        Assert.Equal((10L, 14L), (info.Locks[1].Start, info.Locks[1].End));
        Assert.Null(info.EventFd);
        Assert.Null(info.TimerFd);
        Assert.Null(info.SignalFd);
        Assert.Null(info.PidFd);
        Assert.Empty(info.EventPoll);
        Assert.Empty(info.Inotify);
    }

    [Theory]
    [InlineData("1: POSIX  ADVISORY  READ  12 00:2f:5 100 9223372036854775806", FileLockKind.Posix, Fcntl.F_RDLCK, false, 100L, 9223372036854775806L)]
    [InlineData("2: OFDLCK ADVISORY  WRITE -1 00:2f:5 7 7", FileLockKind.OpenFileDescription, Fcntl.F_WRLCK, false, 7L, 7L)]
    [InlineData("1: LEASE  ACTIVE    READ 0 00:2f:5 0 EOF", FileLockKind.Lease, Fcntl.F_RDLCK, false, 0L, null)]
    [InlineData("1: LEASE  BREAKING  UNLCK 12 00:2f:5 0 EOF", FileLockKind.Lease, Fcntl.F_UNLCK, true, 0L, null)]
    [InlineData("1: DELEG  ACTIVE    READ 12 00:2f:5 0 EOF", FileLockKind.Other, Fcntl.F_RDLCK, false, 0L, null)]
    public void Locks_EveryKind_IsTold(string line, FileLockKind kind, int type, bool breaking, long start, long? end)
    {
        FileLock found = Assert.Single(ParseText($"lock:\t{line}\n").Locks);

        Assert.Equal(new FileLock(kind, type, breaking, start, end, line), found);
    }

    [Theory]
    [InlineData("1: POSIX")]
    [InlineData("1: POSIX  ADVISORY  MAYBE 12 00:2f:5 0 EOF")]
    [InlineData("1: POSIX  ADVISORY  READ 12 00:2f:5 x EOF")]
    [InlineData("1: POSIX  ADVISORY  READ 12 00:2f:5 0 ")]
    public void Locks_Malformed_Throws(string line) =>
        Assert.Throws<ProcFormatException>(() => ParseText($"lock:\t{line}\n").Locks);

    [Fact]
    public void Parse_LargeInode_IsKept()
    {
        FdInfo info = Parse("linux-6.1/fdinfo/file");

        Assert.Equal(8589934593UL, info.Inode);
        Assert.Equal(Fcntl.O_WRONLY | Fcntl.O_APPEND | Fcntl.O_LARGEFILE, info.Flags);
    }

    [Fact]
    public void EventFd_NewAndOldKernel_AreRead()
    {
        Assert.Equal(new EventFdInfo(42, 1, true), Parse("linux-6.18/fdinfo/eventfd").EventFd);
        Assert.Equal(new EventFdInfo(0xffffffffffffff00, null, null), Parse("linux-5.10/fdinfo/eventfd").EventFd);
        Assert.Null(Parse("linux-5.10/fdinfo/eventfd").Inode);
    }

    [Fact]
    public void EventPoll_NewAndOldKernel_AreRead()
    {
        IReadOnlyList<EventPollInfo> entries = Parse("linux-6.18/fdinfo/epoll").EventPoll;
        Assert.Equal(new EventPollInfo(new RemoteFd(6), 0x80000019, 0x123456789abcdef0, 0, 0x40e, new DeviceId(0, 0x10)), entries[0]);
        Assert.Equal(new EventPollInfo(new RemoteFd(8), 0x19, 7, 0, 0x14262, new DeviceId(0, 0xf)), entries[1]);
        Assert.Equal(2, entries.Count);

        entries = Parse("linux-5.10/fdinfo/epoll").EventPoll;
        Assert.Equal(0xffffffff00000005, entries[0].Data);
        Assert.Equal(new EventPollInfo(new RemoteFd(10), 0x40000000, 10, null, null, null), entries[1]);
    }

    [Fact]
    public void TimerFd_ArmedAndExpired_AreRead()
    {
        Assert.Equal(
            new TimerFdInfo(Time.CLOCK_MONOTONIC, 0, Time.TFD_TIMER_ABSTIME, new TimerSpan(6386, 231690879), new TimerSpan(1, 500)),
            Parse("linux-6.18/fdinfo/timerfd").TimerFd! with { Value = new TimerSpan(6386, 231690879) });
        TimerFdInfo expired = Parse("linux-6.18/fdinfo/timerfd-expired").TimerFd!;
        Assert.Equal(1UL, expired.Ticks);
        Assert.Equal(default, expired.Value);
        Assert.Equal(new TimerSpan(1, 500), expired.Interval);
    }

    [Fact]
    public void SignalFd_Mask_IsRead() => Assert.Equal(0x4000000200UL, Parse("linux-6.18/fdinfo/signalfd").SignalFd!.Mask);

    [Fact]
    public void PidFd_OwnProcess_IsRead()
    {
        PidFdInfo info = Parse("linux-6.18/fdinfo/pidfd").PidFd!;

        Assert.True(info.Pid > 0);
        Assert.Equal([info.Pid], info.NSpid);
        Assert.Equal(-1, ParseText("Pid:\t-1\nNSpid:\t-1\n").PidFd!.Pid);
    }

    [Fact]
    public void Inotify_WithHandle_IsRead()
    {
        IReadOnlyList<InotifyInfo> watches = Parse("linux-6.18/fdinfo/inotify").Inotify;

        Assert.Equal([2, 1], watches.Select(w => w.Watch));
        Assert.Equal(0xb1e2bfUL, watches[1].Inode);
        Assert.Equal(new DeviceId(0xfe, 0), watches[1].Device);
        Assert.Equal(0x102u, watches[1].Mask);
        Assert.Equal(1, watches[1].HandleType);
        Assert.Equal([0xbf, 0xe2, 0xb1, 0x00, 0x96, 0x2a, 0x00, 0xfd], watches[1].Handle);
    }

    [Fact]
    public void Field_AnyName_GivesItsText()
    {
        Assert.Equal("3", ParseText("tty-index:\t3\n").Field("tty-index"));
        Assert.Null(ParseText("").Field("tty-index"));
    }

    [Theory]
    [InlineData("pos:\tx\nflags:\t0\nmnt_id:\t1\n", "pos")]
    [InlineData("pos:\t0\nflags:\t9\nmnt_id:\t1\n", "flags")]
    [InlineData("pos:\t0\nflags:\t0\n", "mnt_id")]
    [InlineData("pos:\t9223372036854775808\nflags:\t0\nmnt_id:\t1\n", "pos")]
    public void Parse_Malformed_NamesField(string text, string field) =>
        Assert.Equal(field, Assert.Throws<ProcFormatException>(() => FdInfo.Parse("fdinfo", Encoding.UTF8.GetBytes(text))).Field);

    [Theory]
    [InlineData("tfd: 5\n", "events")]
    [InlineData("tfd: 5 events: 19 data: \n", "data")]
    [InlineData("inotify wd:1 ino:5 sdev:1\n", "mask")]
    [InlineData("inotify wd:1 ino:5 sdev:1 mask:1 ignored_mask:0 fhandle-bytes:ffff fhandle-type:1 f_handle:00\n", "fhandle-bytes")]
    [InlineData("inotify wd:1 ino:5 sdev:1 mask:1 ignored_mask:0 fhandle-bytes:2 fhandle-type:1 f_handle:0\n", "f_handle")]
    [InlineData("clockid: 1\nticks: 0\nsettime flags: 00\nit_value: (1, x)\nit_interval: (0, 0)\n", "it_value")]
    [InlineData("clockid: 1\n", "ticks")]
    [InlineData("eventfd-count: x\n", "eventfd-count")]
    [InlineData("sigmask:\t\n", "sigmask")]
    public void Kinds_Malformed_NameField(string text, string field)
    {
        FdInfo info = ParseText(text);

        var e = Assert.Throws<ProcFormatException>(() => (object?)info.EventFd ?? (object?)info.TimerFd ?? (object?)info.SignalFd ?? (info.EventPoll, info.Inotify));
        Assert.Equal(field, e.Field);
    }
}
