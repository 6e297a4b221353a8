using System.Net;
using Google.Protobuf;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Slices.Files;
using Torpor.Slices.Files.Epoll;
using Torpor.Slices.Files.EventFd;
using Torpor.Slices.Files.Fifo;
using Torpor.Slices.Files.InetSocket;
using Torpor.Slices.Files.Inotify;
using Torpor.Slices.Files.MemFd;
using Torpor.Slices.Files.Netlink;
using Torpor.Slices.Files.PacketSocket;
using Torpor.Slices.Files.Pipe;
using Torpor.Slices.Files.Regular;
using Torpor.Slices.Files.SignalFd;
using Torpor.Slices.Files.Terminal;
using Torpor.Slices.Files.TimerFd;
using Torpor.Slices.Files.UnixSocket;
using Xunit;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Tests.Slices.Files;

/// <summary>Each kind's state survives its way through bytes.</summary>
public class ImageRoundTripTests
{
    private static readonly SignalOwner s_owner = new(F_OWNER_PID, 42, 12, 1000, 1001);

    private static FileEntry Bytes(FileEntry entry)
    {
        entry.Id = 7;
        FileEntryIds.Repeat(entry);
        return FileEntry.Parser.ParseFrom(entry.ToByteArray());
    }

    [Fact]
    public void EventFd_RoundTrip_Same()
    {
        var state = new EventFdState(O_RDWR | O_NONBLOCK, s_owner, ulong.MaxValue - 1, true);
        Assert.Equal(state, EventFdImage.FromEntry(Bytes(EventFdImage.ToEntry(state))));
    }

    [Fact]
    public void SignalFd_RoundTrip_Same()
    {
        var state = new SignalFdState(O_RDWR, s_owner, 0x8000_0000_0000_0800);
        Assert.Equal(state, SignalFdImage.FromEntry(Bytes(SignalFdImage.ToEntry(state))));
    }

    [Fact]
    public void TimerFd_RoundTrip_Same()
    {
        var state = new TimerFdState(O_RDWR, s_owner, 1, 3, 1, new TimerSpan(5, 6), new TimerSpan(7, 8), new TimerSpan(9, 10));
        Assert.Equal(state, TimerFdImage.FromEntry(Bytes(TimerFdImage.ToEntry(state))));
    }

    [Fact]
    public void TimerFd_ImpossibleTime_Damaged()
    {
        FileEntry entry = TimerFdImage.ToEntry(new TimerFdState(0, SignalOwner.Nobody, 1, 0, 0, new TimerSpan(1, 1), default, default));
        entry.Tfd.Vnsec = 1_000_000_000;
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => TimerFdImage.FromEntry(entry)).Kind);
    }

    [Fact]
    public void Regular_RoundTrip_Same()
    {
        var state = new RegularState("/var/log/x", O_WRONLY | O_APPEND, 123, s_owner, 0x81a4, 456);
        Assert.Equal(state, RegularImage.FromEntry(Bytes(RegularImage.ToEntry(state))));
    }

    [Fact]
    public void Regular_NameWithNul_Damaged()
    {
        FileEntry entry = RegularImage.ToEntry(new RegularState("/a\0b", 0, 0, SignalOwner.Nobody, 0, null));
        Assert.Throws<TorporException>(() => RegularImage.FromEntry(entry));
    }

    [Theory]
    [InlineData(O_RDWR | O_TMPFILE, O_RDWR)]
    [InlineData(O_RDONLY | O_DIRECTORY, O_RDONLY | O_DIRECTORY)]
    [InlineData(O_WRONLY | O_CREAT | O_TRUNC | O_EXCL | O_APPEND, O_WRONLY | O_APPEND)]
    public void OpenFlags_WhatActsOnCreation_IsLeftOut(int flags, int expected) =>
        Assert.Equal(expected, new RegularState("/x", (uint)flags, 0, SignalOwner.Nobody, 0, null).OpenFlags);

    [Fact]
    public void Pipe_RoundTrip_Same()
    {
        var state = new PipeState(99, O_WRONLY | O_DIRECT, s_owner, true);
        Assert.Equal(state, PipeImage.FromEntry(Bytes(PipeImage.ToEntry(state))));
    }

    [Fact]
    public void PipeData_RoundTrip_Same()
    {
        (PipeDataEntry entry, byte[] data) = PipeImage.ToData(new PipeContent(99, [1, 2, 3], [1, 2], 131072));
        PipeContent back = PipeImage.FromData([(PipeDataEntry.Parser.ParseFrom(entry.ToByteArray()), data)], 99);
        Assert.Equal(new byte[] { 1, 2, 3 }, back.Data);
        Assert.Equal([1u, 2u], back.Packets);
        Assert.Equal(131072u, back.Capacity);
    }

    [Fact]
    public void PipeData_PacketsOfOtherLength_Damaged()
    {
        (PipeDataEntry entry, byte[] data) = PipeImage.ToData(new PipeContent(99, [1, 2, 3], [4_000_000_000, 4_000_000_000], null));
        Assert.Throws<TorporException>(() => PipeImage.FromData([(entry, data)], 99));
    }

    [Fact]
    public void Fifo_RoundTrip_Same()
    {
        var state = new FifoState(99, 5);
        Assert.Equal(state, FifoImage.FromEntry(Bytes(FifoImage.ToEntry(state))));
    }

    [Fact]
    public void MemFd_RoundTrip_Same()
    {
        var state = new MemFdState(3, O_RDWR, 77, s_owner);
        Assert.Equal(state, MemFdImage.FromEntry(Bytes(MemFdImage.ToEntry(state))));
    }

    [Fact]
    public void Terminal_RoundTrip_Same()
    {
        var state = new TerminalState(1, O_RDWR, s_owner, 6);
        Assert.Equal(state, TerminalImage.FromEntry(Bytes(TerminalImage.ToEntry(state))));
    }

    [Fact]
    public void Epoll_RoundTrip_Same()
    {
        var state = new EpollState(O_RDWR, s_owner, [new EpollTarget(5, 0x80000001, ulong.MaxValue, 14, 15, 16), new EpollTarget(6, 1, 6, null, null, null)]);
        EpollState back = EpollImage.FromEntry(Bytes(EpollImage.ToEntry(state)));
        Assert.Equal(state.Targets, back.Targets);
        Assert.Equal((state.Flags, state.Owner), (back.Flags, back.Owner));
    }

    [Fact]
    public void Inotify_RoundTrip_Same()
    {
        var state = new InotifyState(O_RDONLY | O_NONBLOCK, s_owner, [new InotifyWatch(3, "/tmp", 0x100, 12, 34, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9])]);
        InotifyWatch back = Assert.Single(InotifyImage.FromEntry(Bytes(InotifyImage.ToEntry(state))).Watches);
        Assert.Equal(state.Watches[0] with { Handle = back.Handle }, back);
        Assert.Equal(state.Watches[0].Handle, back.Handle);
    }

    [Theory]
    [InlineData("/run/x.sock")]
    [InlineData("\0abstract")]
    [InlineData("")]
    public void UnixSocket_RoundTrip_Same(string name)
    {
        var state = new UnixSocketState
        {
            Inode = 5,
            Type = SOCK_SEQPACKET,
            State = TCP_LISTEN,
            Flags = O_RDWR,
            Backlog = 128,
            Peer = 6,
            Owner = s_owner,
            Settings = new SkOptsEntry { SoSndbuf = 1, SoRcvbuf = 2, SoSndTmoSec = 3, SoSndTmoUsec = 4, SoRcvTmoSec = 5, SoRcvTmoUsec = 6 },
            Name = System.Text.Encoding.UTF8.GetBytes(name),
            Shutdown = 2,
            File = new SocketFile(0xc1c0, 1, 2),
            NameDirectory = "/run",
            IsDeleted = true,
            IsExternal = true,
            Outside = true,
            Waiting = [7, 8],
            ClosedPeer = [0, 1],
            IsReset = true,
            Options = [(SO_PEEK_OFF, 3)],
        };
        UnixSocketState back = UnixSocketImage.FromEntry(Bytes(UnixSocketImage.ToEntry(state)));
        Assert.Equal(state.Name, back.Name);
        Assert.Equal(state.Waiting, back.Waiting);
        Assert.Equal(state.ClosedPeer, back.ClosedPeer);
        Assert.Equal(state.Options, back.Options);
        Assert.Equal(state with { Name = back.Name, Waiting = back.Waiting, ClosedPeer = back.ClosedPeer, Options = back.Options }, back);
    }

    [Fact]
    public void UnixSocket_LongOption_Damaged()
    {
        FileEntry entry = UnixSocketImage.ToEntry(new UnixSocketState { Inode = 1, Type = 1, State = 7, Flags = 0 });
        entry.Usk.TorporOptions.Add(new TorporSocketOption { Level = SOL_SOCKET, Name = 1, Value = ByteString.CopyFrom(1) });
        Assert.Throws<TorporException>(() => UnixSocketImage.FromEntry(entry));
    }

    [Fact]
    public void Netlink_RoundTrip_Same()
    {
        var state = new NetlinkState
        {
            Inode = 5,
            Type = SOCK_DGRAM,
            Protocol = 15,
            Flags = O_RDWR,
            Port = 4242,
            Groups = [1, 0, 0x80000000],
            PeerPort = 7,
            PeerGroup = 2,
            Owner = s_owner,
            Settings = new SkOptsEntry { SoSndbuf = 1, SoRcvbuf = 2, SoSndTmoSec = 3, SoSndTmoUsec = 4, SoRcvTmoSec = 5, SoRcvTmoUsec = 6 },
            Options = [3, 11],
        };
        NetlinkState back = NetlinkImage.FromEntry(Bytes(NetlinkImage.ToEntry(state)));
        Assert.Equal(state.Groups, back.Groups);
        Assert.Equal(state.Options, back.Options);
        Assert.Equal(state with { Groups = back.Groups, Options = back.Options }, back);
    }

    [Fact]
    public void PacketSocket_RoundTrip_Same()
    {
        var info = new PacketSocketInfo(SOCK_RAW, 0x88b5, 5, 1, 2, 32, 100, 64, 0x1e, [new PacketMembership(1, 1, 2, [1, 2, 3, 4, 5, 6])],
            new PacketRingInfo(4096, 2, 2048, 4, 60, 16, 1), null, 0x10007);
        var state = new PacketSocketState
        {
            Info = info,
            Flags = O_RDWR,
            Owner = s_owner,
            Settings = new SkOptsEntry { SoSndbuf = 1, SoRcvbuf = 2, SoSndTmoSec = 3, SoSndTmoUsec = 4, SoRcvTmoSec = 5, SoRcvTmoUsec = 6 },
            Options = [20],
        };
        PacketSocketState back = PacketSocketImage.FromEntry(Bytes(PacketSocketImage.ToEntry(state)));
        PacketMembership membership = Assert.Single(back.Info.Memberships);
        Assert.Equal(info.Memberships[0].Address, membership.Address);
        Assert.Equal(info.Memberships[0] with { Address = membership.Address }, membership);
        Assert.Equal(state.Options, back.Options);
        Assert.Equal(state with { Info = info with { Memberships = back.Info.Memberships }, Options = back.Options }, back);
    }

    [Fact]
    public void PacketSocket_LongAddress_Damaged()
    {
        var info = new PacketSocketInfo(SOCK_RAW, 0, 5, 1, 0, 0, 0, 0, 0, [new PacketMembership(1, 1, 2, new byte[33])], null, null, null);
        FileEntry entry = PacketSocketImage.ToEntry(new PacketSocketState { Info = info, Flags = 0 });
        Assert.Throws<TorporException>(() => PacketSocketImage.FromEntry(entry));
    }

    [Fact]
    public void UnixSocket_LongName_Damaged()
    {
        FileEntry entry = UnixSocketImage.ToEntry(new UnixSocketState { Inode = 1, Type = 1, State = 7, Flags = 0, Name = new byte[109] });
        Assert.Throws<TorporException>(() => UnixSocketImage.FromEntry(entry));
    }

    [Theory]
    [InlineData(AF_INET, "127.0.0.1", "10.1.2.3")]
    [InlineData(AF_INET6, "::1", "fd00::1234")]
    public void InetSocket_RoundTrip_Same(int family, string local, string remote)
    {
        var state = new InetSocketState
        {
            Inode = 5,
            Family = family,
            Type = SOCK_DGRAM,
            Protocol = IPPROTO_UDP,
            State = TCP_ESTABLISHED,
            Flags = O_RDWR,
            LocalAddress = IPAddress.Parse(local),
            LocalPort = 8080,
            RemoteAddress = IPAddress.Parse(remote),
            RemotePort = 53,
            Backlog = 3,
            Owner = s_owner,
            V6Only = family == AF_INET6 ? true : null,
            Options = [new SocketOption(6, 1, [1, 0, 0, 0])],
            Settings = new SkOptsEntry { SoSndbuf = 1, SoRcvbuf = 2, SoSndTmoSec = 3, SoSndTmoUsec = 4, SoRcvTmoSec = 5, SoRcvTmoUsec = 6 },
        };
        InetSocketState back = InetSocketImage.FromEntry(Bytes(InetSocketImage.ToEntry(state)));
        Assert.Equal(state.Options[0].Value, Assert.Single(back.Options).Value);
        Assert.Equal(state with { Options = back.Options }, back);
    }

    [Fact]
    public void InetSocket_ShortAddress_Damaged()
    {
        FileEntry entry = new()
        {
            Type = FdTypes.Inetsk,
            Isk = new InetSkEntry { Family = AF_INET6, SrcAddr = { 1, 2 } },
        };
        Assert.Throws<TorporException>(() => InetSocketImage.FromEntry(entry));
    }

    [Fact]
    public void FromEntry_MessageOfTheKindMissing_Damaged()
    {
        var empty = new FileEntry { Id = 3 };
        Action[] readers =
        [
            () => EventFdImage.FromEntry(empty), () => SignalFdImage.FromEntry(empty), () => TimerFdImage.FromEntry(empty),
            () => RegularImage.FromEntry(empty), () => PipeImage.FromEntry(empty), () => FifoImage.FromEntry(empty),
            () => MemFdImage.FromEntry(empty), () => TerminalImage.FromEntry(empty), () => EpollImage.FromEntry(empty),
            () => InotifyImage.FromEntry(empty), () => UnixSocketImage.FromEntry(empty), () => InetSocketImage.FromEntry(empty),
            () => NetlinkImage.FromEntry(empty), () => PacketSocketImage.FromEntry(empty),
        ];
        Assert.All(readers, read => Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(read).Kind));
    }
}
