using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Slices.Files;
using Torpor.Slices.Files.Epoll;
using Torpor.Slices.Files.EventFd;
using Torpor.Slices.Files.Pipe;
using Torpor.Slices.Files.Regular;
using Torpor.Slices.Files.Terminal;
using Torpor.Slices.Files.TimerFd;
using Torpor.Slices.Files.UnixSocket;
using Torpor.Tracing;
using Xunit;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Tests.Slices.Files;

/// <summary>What plans come out of images; no process is involved.</summary>
public sealed class FilesPlanTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ProcessImages _images = new();

    public void Dispose() => _scratch.Dispose();

    private static FileEntry EventFd(ulong count) => EventFdImage.ToEntry(new EventFdState(O_RDWR, SignalOwner.Nobody, count, false));

    private static FileEntry PipeEnd(uint pipe, int mode) => PipeImage.ToEntry(new PipeState(pipe, (uint)mode, SignalOwner.Nobody, false));

    private RestoreContext Compile(RestoreOptions? options = null) => FilesContexts.Compile(_images, _scratch.At("images"), options);

    /// <summary>The purposes of the calls of one kind.</summary>
    private static List<SyscallStep> Calls(RestoreContext context, SyscallNumber number) => [.. context.Tree.Opening.Steps.Concat(context.Process.Steps).Where(step => step.Number == number)];

    private static SortedDictionary<int, (string Description, bool CloseOnExec)> Simulate(RestoreContext context)
    {
        var simulator = new DescriptorSimulator();
        var result = simulator.Run(context);
        Assert.Empty(simulator.Errors);
        return result;
    }

    [Fact]
    public void Compile_PipeWithEndsSwapped_EachGetsItsNumbers()
    {
        _images.With(PipeEnd(9, O_WRONLY), 0, 5);
        _images.With(PipeEnd(9, O_RDONLY), 1);
        _images.PipeData.Add(PipeImage.ToData(new PipeContent(9, [1, 2, 3], [], null)));
        RestoreContext context = Compile();
        var table = Simulate(context);
        Assert.Equal([0, 1, 5], table.Keys);
        Assert.EndsWith("second", table[0].Description);
        Assert.Equal(table[0].Description, table[5].Description);
        Assert.EndsWith("first", table[1].Description);
        Assert.Equal(Expectation.Exactly(3), Assert.Single(Calls(context, SyscallNumber.write)).Expect);
    }

    [Fact]
    public void Compile_PacketPipe_WritesEachPacketForItself()
    {
        _images.With(PipeEnd(9, O_WRONLY | O_DIRECT), 4);
        _images.With(PipeEnd(9, O_RDONLY), 3);
        _images.PipeData.Add(PipeImage.ToData(new PipeContent(9, [1, 2, 3], [1, 2], null)));
        Assert.Equal([Expectation.Exactly(1), Expectation.Exactly(2)], Calls(Compile(), SyscallNumber.write).Select(step => step.Expect));
    }

    [Fact]
    public void Compile_OneEndOfPipe_OtherIsClosed()
    {
        _images.With(PipeEnd(9, O_RDONLY), 3);
        var table = Simulate(Compile());
        Assert.Equal(3, Assert.Single(table).Key);
    }

    [Fact]
    public void Compile_PipeInherited_TakesTheCallersDescriptor()
    {
        _images.With(PipeEnd(9, O_RDONLY), 0);
        using Fd given = FileCalls.Open("/dev/null", O_RDWR);
        RestoreContext context = Compile(new RestoreOptions { Directory = "", InheritDescriptors = new Dictionary<string, int> { ["pipe:[9]"] = given.Value } });
        Assert.Equal("passed 0", Simulate(context)[0].Description);
        Assert.Empty(Calls(context, SyscallNumber.pipe2));
    }

    [Fact]
    public void Compile_InheritedDescriptorClosed_Usage()
    {
        _images.With(PipeEnd(9, O_RDONLY), 0);
        var options = new RestoreOptions { Directory = "", InheritDescriptors = new Dictionary<string, int> { ["pipe:[9]"] = 987654 } };
        Assert.Equal(FailureKind.Usage, Assert.Throws<TorporException>(() => Compile(options)).Kind);
    }

    [Fact]
    public void Compile_OutsidePipeAtStandardOutput_IsTheRestorersOwn()
    {
        _images.With(PipeImage.ToEntry(new PipeState(9, O_WRONLY, SignalOwner.Nobody, true)), 1, 2, 7);
        var table = Simulate(Compile());
        Assert.Equal([1, 2, 7], table.Keys);
        Assert.Equal(table[1], table[7]);
        Assert.NotEqual(table[1], table[2]);
    }

    [Fact]
    public void Compile_Epoll_AddsAfterAllAreOpen()
    {
        _images.With(EpollImage.ToEntry(new EpollState(O_RDWR, SignalOwner.Nobody, [new EpollTarget(4, 1, 4, null, null, null)])), 3);
        _images.With(EventFd(0), 4);
        RestoreContext context = Compile();
        Simulate(context);
        SyscallStep add = context.Process.Steps[^1];
        Assert.Equal(SyscallNumber.epoll_ctl, add.Number);
        Assert.Equal([(ulong)context.Tree.Layout.Start + 1, 1UL, 4UL], add.Arguments.Take(3).Select(argument => argument.Value));
    }

    [Fact]
    public void Compile_EpollOfAbsentDescriptor_Damaged()
    {
        _images.With(EpollImage.ToEntry(new EpollState(O_RDWR, SignalOwner.Nobody, [new EpollTarget(4, 1, 4, null, null, null)])), 3);
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_LargeEventFd_RestIsWritten()
    {
        _images.With(EventFd(uint.MaxValue + 5UL), 3);
        Assert.Single(Calls(Compile(), SyscallNumber.write));
    }

    [Fact]
    public void Compile_ExpiredPeriodicTimer_IsNotDisarmed()
    {
        _images.With(TimerFdImage.ToEntry(new TimerFdState(O_RDWR, SignalOwner.Nobody, 1, 1, 0, default, new TimerSpan(5, 0), default)), 3);
        RestoreContext context = Compile();
        Assert.Single(Calls(context, SyscallNumber.timerfd_settime));
        byte[] image = context.Tree.Opening.Encode();
        SyscallStep arm = Calls(context, SyscallNumber.timerfd_settime)[0];
        int data = (context.Tree.Opening.Steps.Count * SyscallRecord.Size) + (int)arm.Arguments[2].Value;
        Assert.Equal(1, BitConverter.ToInt64(image, data + 24));
    }

    [Fact]
    public void Compile_FileThatShrank_FileChanged()
    {
        string path = _scratch.At("file");
        File.WriteAllText(path, "12");
        _images.With(RegularImage.ToEntry(new RegularState(path, O_RDWR, 3, SignalOwner.Nobody, 0x81a4, 3)), 3);
        TorporException error = Assert.Throws<TorporException>(() => Compile());
        Assert.Equal(FailureKind.FileChanged, error.Kind);
        Assert.Contains(path, error.Message);
    }

    [Fact]
    public void Compile_LogThatGrew_Note()
    {
        string path = _scratch.At("file");
        File.WriteAllText(path, "1234");
        _images.With(RegularImage.ToEntry(new RegularState(path, O_WRONLY | O_APPEND, 3, SignalOwner.Nobody, 0x81a4, 3)), 3);
        Assert.Single(Compile().Notes);
    }

    [Fact]
    public void Compile_ReadFileThatGrew_FileChanged()
    {
        string path = _scratch.At("file");
        File.WriteAllText(path, "1234");
        _images.With(RegularImage.ToEntry(new RegularState(path, O_RDONLY, 3, SignalOwner.Nobody, 0x81a4, 3)), 3);
        Assert.Equal(FailureKind.FileChanged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_MissingFile_FileChanged()
    {
        _images.With(RegularImage.ToEntry(new RegularState(_scratch.At("gone"), O_RDONLY, 0, SignalOwner.Nobody, 0x81a4, 0)), 3);
        Assert.Equal(FailureKind.FileChanged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_Position_IsSought()
    {
        string path = _scratch.At("file");
        File.WriteAllText(path, "1234");
        _images.With(RegularImage.ToEntry(new RegularState(path, O_RDONLY, 3, SignalOwner.Nobody, 0x81a4, 4)), 3, 6);
        RestoreContext context = Compile();
        Assert.Equal([3, 6], Simulate(context).Keys);
        Assert.Equal(Expectation.Exactly(3), Assert.Single(Calls(context, SyscallNumber.lseek)).Expect);
    }

    [Fact]
    public void Compile_TerminalWithoutShellJob_Refused()
    {
        _images.With(TerminalImage.ToEntry(new TerminalState(1, O_RDWR, SignalOwner.Nobody, 0)), 0);
        var options = new RestoreOptions { Directory = "", ShellJob = false };
        Assert.Equal(FailureKind.Refused, Assert.Throws<TorporException>(() => Compile(options)).Kind);
    }

    [Fact]
    public void Compile_SocketPairWithQueue_SendsThroughThePeer()
    {
        FileEntry a = _images.With(UnixSocketImage.ToEntry(new UnixSocketState { Inode = 5, Peer = 6, Type = SOCK_STREAM, State = TCP_ESTABLISHED, Flags = O_RDWR }), 3);
        _images.With(UnixSocketImage.ToEntry(new UnixSocketState { Inode = 6, Peer = 5, Type = SOCK_STREAM, State = TCP_ESTABLISHED, Flags = O_RDWR | O_NONBLOCK }), 4);
        _images.SocketPackets.Add((new SkPacketEntry { IdFor = a.Id, Length = 2 }, [1, 2]));
        RestoreContext context = Compile();
        Assert.Equal([3, 4], Simulate(context).Keys);
        SyscallStep send = Assert.Single(Calls(context, SyscallNumber.sendto));
        Assert.Equal((ulong)context.Tree.Layout.Start + 1, send.Arguments[0].Value);
        Assert.NotEqual(0UL, send.Arguments[3].Value & MSG_DONTWAIT);
    }

    private static UnixSocketState Socket(uint inode, uint type, uint state, uint peer = 0, string name = "") => new()
    {
        Inode = inode,
        Type = type,
        State = state,
        Flags = O_RDWR,
        Peer = peer,
        Name = System.Text.Encoding.UTF8.GetBytes(name),
        IsDeleted = true,
    };

    [Fact]
    public void Compile_ConnectionsThatWait_ConnectInOrderAndNobodyAccepts()
    {
        _images.With(UnixSocketImage.ToEntry(Socket(5, SOCK_STREAM, TCP_LISTEN, 0, _scratch.At("l")) with { Waiting = [7, 6], Backlog = 1 }), 3);
        _images.With(UnixSocketImage.ToEntry(Socket(6, SOCK_STREAM, TCP_ESTABLISHED, 5)), 4);
        _images.With(UnixSocketImage.ToEntry(Socket(7, SOCK_STREAM, TCP_ESTABLISHED, 5)), 5);
        RestoreContext context = Compile();
        Assert.Equal([3, 4, 5], Simulate(context).Keys);
        Assert.Collection(Calls(context, SyscallNumber.connect), step => Assert.Contains("descriptor 5", step.Purpose), step => Assert.Contains("descriptor 4", step.Purpose));
        Assert.Empty(Calls(context, SyscallNumber.accept4));
        Assert.Equal([2UL, 1UL], Calls(context, SyscallNumber.listen).Select(step => step.Arguments[1].Value));
    }

    [Fact]
    public void Compile_AcceptedWhereNobodyListensAnyMore_ListensForAWhile()
    {
        _images.With(UnixSocketImage.ToEntry(Socket(5, SOCK_STREAM, TCP_ESTABLISHED, 6, _scratch.At("missing/l"))), 3);
        _images.With(UnixSocketImage.ToEntry(Socket(6, SOCK_STREAM, TCP_ESTABLISHED, 5)), 4);
        RestoreContext context = Compile();
        Assert.Equal([3, 4], Simulate(context).Keys);
        Assert.Single(Calls(context, SyscallNumber.accept4));
        Assert.Single(Calls(context, SyscallNumber.mkdirat));
        Assert.Equal(2, Calls(context, SyscallNumber.unlinkat).Count);
    }

    [Fact]
    public void Compile_DatagramsOfAClosedSocket_ComeFromOneWithItsName()
    {
        FileEntry hub = _images.With(UnixSocketImage.ToEntry(Socket(5, SOCK_DGRAM, TCP_CLOSE, 0, _scratch.At("hub"))), 3);
        byte[] sender = System.Text.Encoding.UTF8.GetBytes(_scratch.At("gone"));
        _images.SocketPackets.Add((new SkPacketEntry { IdFor = hub.Id, Length = 1, TorporSenderName = Google.Protobuf.ByteString.CopyFrom(sender) }, [1]));
        _images.SocketPackets.Add((new SkPacketEntry { IdFor = hub.Id, Length = 1, TorporSenderName = Google.Protobuf.ByteString.CopyFrom(sender) }, [2]));
        RestoreContext context = Compile();
        Assert.Equal([3], Simulate(context).Keys);
        Assert.Equal(2, Calls(context, SyscallNumber.bind).Count);
        Assert.Equal(2, Calls(context, SyscallNumber.sendto).Count);
    }

    [Fact]
    public void Compile_DescriptorInFlightOnly_IsMadeAndSent()
    {
        FileEntry a = _images.With(UnixSocketImage.ToEntry(Socket(5, SOCK_STREAM, TCP_ESTABLISHED, 6)), 3);
        _images.With(UnixSocketImage.ToEntry(Socket(6, SOCK_STREAM, TCP_ESTABLISHED, 5)), 4);
        FileEntry flying = _images.With(EventFd(7));
        var packet = new SkPacketEntry { IdFor = a.Id, Length = 1 };
        packet.Scm.Add(new ScmEntry { Type = 1, Rights = { flying.Id } });
        _images.SocketPackets.Add((packet, [1]));
        RestoreContext context = Compile();
        Assert.Equal([3, 4], Simulate(context).Keys);
        Assert.Single(Calls(context, SyscallNumber.eventfd2));
        Assert.Single(Calls(context, SyscallNumber.sendmsg));
    }

    [Fact]
    public void Compile_DescriptorInFlightWithoutFile_Damaged()
    {
        FileEntry a = _images.With(UnixSocketImage.ToEntry(Socket(5, SOCK_STREAM, TCP_ESTABLISHED, 6)), 3);
        _images.With(UnixSocketImage.ToEntry(Socket(6, SOCK_STREAM, TCP_ESTABLISHED, 5)), 4);
        var packet = new SkPacketEntry { IdFor = a.Id, Length = 1 };
        packet.Scm.Add(new ScmEntry { Type = 1, Rights = { 99 } });
        _images.SocketPackets.Add((packet, [1]));
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_TwoConnectedToOneDatagramSocketWithoutName_Damaged()
    {
        _images.With(UnixSocketImage.ToEntry(Socket(5, SOCK_DGRAM, TCP_CLOSE)), 3);
        _images.With(UnixSocketImage.ToEntry(Socket(6, SOCK_DGRAM, TCP_CLOSE, 5)), 4);
        _images.With(UnixSocketImage.ToEntry(Socket(7, SOCK_DGRAM, TCP_CLOSE, 5)), 5);
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_StaleSocketFile_IsUnlinkedFirst()
    {
        string path = _scratch.At("s");
        Bind(path).Dispose();
        Listen(path);
        RestoreContext context = Compile();
        Assert.Contains(Calls(context, SyscallNumber.unlinkat), step => step.Purpose.Contains(path));
    }

    [Fact]
    public void Compile_SocketFileInUse_Fails()
    {
        string path = _scratch.At("s");
        using Fd other = Bind(path);
        SocketCalls.Listen(other, 1);
        Listen(path);
        Assert.Contains(path, Assert.Throws<TorporException>(() => Compile()).Message);
    }

    [Fact]
    public void Compile_OtherFileInPlaceOfSocket_FileChanged()
    {
        string path = _scratch.At("s");
        File.WriteAllText(path, "");
        Listen(path);
        Assert.Equal(FailureKind.FileChanged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    private static Fd Bind(string path)
    {
        Fd socket = SocketCalls.Open(AF_UNIX, SOCK_STREAM);
        SocketCalls.Bind(socket, [AF_UNIX, 0, .. System.Text.Encoding.UTF8.GetBytes(path), 0]);
        return socket;
    }

    private void Listen(string path) => _images.With(UnixSocketImage.ToEntry(new UnixSocketState
    {
        Inode = 5,
        Type = SOCK_STREAM,
        State = TCP_LISTEN,
        Flags = O_RDWR,
        Name = System.Text.Encoding.UTF8.GetBytes(path),
    }), 3);

    [Fact]
    public void Compile_DanglingId_Damaged()
    {
        _images.Descriptors.Add(new FdinfoEntry { Id = 77, Fd = 1, Flags = 0, Type = FdTypes.Reg });
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_NumberTwice_Damaged()
    {
        _images.With(EventFd(0), 3);
        _images.With(EventFd(0), 3);
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_HugeNumber_Damaged()
    {
        _images.With(EventFd(0));
        _images.Descriptors.Add(new FdinfoEntry { Id = 1, Fd = uint.MaxValue, Flags = 0, Type = FdTypes.Eventfd });
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }

    [Fact]
    public void Compile_TypeWithoutKind_Refused()
    {
        _images.With(new FileEntry { Type = FdTypes.Tunf }, 3);
        Assert.Equal(FailureKind.Refused, Assert.Throws<TorporException>(() => Compile()).Kind);
    }
}
