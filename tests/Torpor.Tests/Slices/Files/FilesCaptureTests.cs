using Torpor.Images;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Files.EventFd;
using Torpor.Slices.Files.InetSocket;
using Torpor.Slices.Files.Pipe;
using Torpor.Slices.Files.UnixSocket;
using Torpor.Tracing;
using Xunit;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Tests.Slices.Files;

/// <summary>Reads live processes. Their standard input and output are pipes to the test, which restore would take over.</summary>
public sealed class FilesCaptureTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private CaptureContext Capture(string script, Func<CheckpointOptions, CheckpointOptions>? change = null)
    {
        using PythonTarget target = PythonTarget.Start(script);
        return FilesContexts.Capture(target.Pid, _scratch.At("images"), change);
    }

    private CaptureContext Accepted(string script)
    {
        CaptureContext context = Capture(script);
        Assert.Empty(context.Refusals.Items);
        return context;
    }

    private Refusal Refused(string script, Func<CheckpointOptions, CheckpointOptions>? change = null) => Assert.Single(Capture(script, change).Refusals.Items);

    private static FileEntry At(CaptureContext context, int number) =>
        context.Images.Files[context.Images.Descriptors.Single(slot => slot.Fd == number).Id];

    [Fact]
    public void Inspect_DuplicatesAndSecondOpen_ShareOnlyWhatTheyShare()
    {
        string path = _scratch.At("f");
        CaptureContext context = Accepted($"a=os.open('{path}',os.O_RDWR|os.O_CREAT); b=os.dup(a); c=os.open('{path}',os.O_RDWR); os.write(a,b'12345'); os.lseek(c,5,0)");
        Assert.Equal(At(context, 3).Id, At(context, 4).Id);
        Assert.NotEqual(At(context, 3).Id, At(context, 5).Id);
        Assert.Equal(5UL, At(context, 3).Reg.Pos);
        Assert.Equal(path, At(context, 3).Reg.Name);
        Assert.Equal(5UL, At(context, 3).Reg.Size);
    }

    [Fact]
    public void Inspect_ManyAlikeEventFds_EachItsOwn()
    {
        CaptureContext context = Accepted("l=[os.eventfd(0) for _ in range(100)]; d=[os.dup(x) for x in l]");
        Assert.Equal(100, context.Images.Files.Values.Count(file => file.Type == FdTypes.Eventfd));
        for (int i = 0; i < 100; i++)
            Assert.Equal(At(context, 3 + i).Id, At(context, 103 + i).Id);
    }

    [Fact]
    public void Inspect_PipeData_IsCopiedAndStays()
    {
        using PythonTarget target = PythonTarget.Start("r,w=os.pipe(); os.write(w,b'hello')");
        for (int round = 0; round < 2; round++)
        {
            CaptureContext context = FilesContexts.Capture(target.Pid, _scratch.At($"images{round}"));
            Assert.Equal("hello"u8.ToArray(), Assert.Single(context.Images.PipeData).Data);
            Assert.False(PipeImage.FromEntry(At(context, 3)).Outside);
        }
    }

    [Fact]
    public void Inspect_PacketPipe_KeepsBoundaries()
    {
        CaptureContext context = Accepted("r,w=os.pipe2(os.O_DIRECT); os.write(w,b'a'); os.write(w,b'bc')");
        Assert.Equal([1u, 2u], Assert.Single(context.Images.PipeData).Entry.TorporPackets);
    }

    [Fact]
    public void Inspect_StandardStreamsToOutside_AreMarked()
    {
        CaptureContext context = Accepted("pass");
        Assert.True(PipeImage.FromEntry(At(context, 0)).Outside);
        Assert.True(PipeImage.FromEntry(At(context, 1)).Outside);
        Assert.True(context.Notes.Count >= 2);
    }

    [Fact]
    public void Inspect_StandardStreamsLikeCriu_AreNotMarked()
    {
        CaptureContext context = Capture("pass", options => options with { InheritStandardStreams = false });
        Assert.Empty(context.Refusals.Items);
        Assert.False(PipeImage.FromEntry(At(context, 1)).Outside);
    }

    [Fact]
    public void Inspect_PipeToOtherProcess_Refused()
    {
        Refusal refusal = Refused("r,w=os.pipe()\nif os.fork()==0:\n  die(); os.close(w); time.sleep(600)\nos.close(r)");
        Assert.Contains("held by another process", refusal.Reason);
    }

    [Fact]
    public void Inspect_DeletedFile_IsKeptAsGhost()
    {
        string path = _scratch.At("ghost");
        using PythonTarget target = PythonTarget.Start($"g=os.open('{path}',os.O_RDWR|os.O_CREAT,0o640); os.write(g,b'ghost'); os.ftruncate(g,1<<40); os.pwrite(g,b'x',1<<39); os.unlink('{path}')");
        CaptureContext context = FilesContexts.Capture(target.Pid, _scratch.At("images"));
        Assert.Empty(context.Refusals.Items);
        RemapFilePathEntry remap = Assert.Single(context.Images.Remaps);
        Assert.Equal(At(context, 3).Id, remap.OrigId);
        context.Output.Write(ImageName.Inventory, ImageMagic.Inventory, new InventoryEntry { ImgVersion = 2 });
        context.Output.Commit();

        using ImageDirectoryReader reader = ImageDirectoryReader.Open(_scratch.At("images"));
        GhostFileReader ghost = GhostFileReader.Open(reader, remap.RemapId);
        Assert.Equal(1UL << 40, ghost.Entry.Size);
        Assert.Equal(2, ghost.Chunks.Count);
        Assert.True(ghost.Chunks.Sum(chunk => chunk.Length) < 1 << 20);
        RestoreContext restore = FilesContexts.Compile(context.Images, reader, new RestoreOptions { Directory = "" });
        Assert.Equal(2, restore.Tree.Opening.Steps.Count(step => step.Number == SyscallNumber.sendfile));
        // The name goes before anything else can fail.
        int created = restore.Tree.Opening.Steps.ToList().FindIndex(step => step.Purpose.StartsWith("create " + path, StringComparison.Ordinal));
        Assert.Equal(SyscallNumber.unlinkat, restore.Tree.Opening.Steps[created + 1].Number);
    }

    [Fact]
    public void Inspect_FileRenamedOver_Refused()
    {
        string path = _scratch.At("f");
        Refusal refusal = Refused($"a=os.open('{path}',os.O_RDWR|os.O_CREAT); os.mkdir('{path}.d'); os.link('{path}','{path}.d/f'); open('{path}.new','w').close(); os.rename('{path}.new','{path}')");
        Assert.Contains(path, refusal.Object);
    }

    [Fact]
    public void Inspect_DirectoryNotification_Refused() =>
        Assert.Contains("F_NOTIFY", Refused($"a=os.open('{_scratch.Root}',os.O_RDONLY); fcntl.fcntl(a,fcntl.F_NOTIFY,fcntl.DN_RENAME|fcntl.DN_MULTISHOT)").Reason);

    [Fact]
    public void Inspect_MemFd_IsRegistered()
    {
        CaptureContext context = Accepted("m=os.memfd_create('mm',os.MFD_ALLOW_SEALING); os.ftruncate(m,1<<41); fcntl.fcntl(m,1033,2)");
        MemfdInodeEntry inode = Assert.Single(context.Images.MemfdInodes);
        Assert.Equal(("mm", 1UL << 41, 2u), (inode.Name, inode.Size, inode.Seals));
        SharedObject item = Assert.Single(SharedObjects.Of(context).Items);
        Assert.Equal(inode.Shmid, item.Id);
        Assert.NotNull(item.Descriptor);
    }

    [Fact]
    public void Inspect_SocketPair_QueueIsCopiedAndStays()
    {
        const string Script = "a,b=socket.socketpair(); a.send(b'xy'); a.send(b'z'); c,d=socket.socketpair(socket.AF_UNIX,socket.SOCK_DGRAM); c.send(b'1'); c.send(b'22')";
        using PythonTarget target = PythonTarget.Start(Script);
        for (int round = 0; round < 2; round++)
        {
            CaptureContext context = FilesContexts.Capture(target.Pid, _scratch.At($"images{round}"));
            Assert.Empty(context.Refusals.Items);
            Assert.Equal(["xyz", "1", "22"], context.Images.SocketPackets.Select(packet => System.Text.Encoding.UTF8.GetString(packet.Data)));
            Assert.Equal(UnixSocketImage.FromEntry(At(context, 3)).Inode, UnixSocketImage.FromEntry(At(context, 4)).Peer);
        }
    }

    [Fact]
    public void Inspect_DescriptorsInQueue_AreNamedByTheirDescriptions()
    {
        CaptureContext context = Accepted("a,b=socket.socketpair(); z=os.open('/dev/zero',0); a.send(b'before'); e=os.eventfd(5); socket.send_fds(a,[b'with'],[z,e]); os.close(e)");
        Assert.Equal(["before", "with"], context.Images.SocketPackets.Select(packet => System.Text.Encoding.UTF8.GetString(packet.Data)));
        Assert.Empty(context.Images.SocketPackets[0].Entry.Scm);
        IList<uint> rights = Assert.Single(context.Images.SocketPackets[1].Entry.Scm).Rights;
        Assert.Equal(2, rights.Count);
        Assert.Equal(At(context, 5).Id, rights[0]);
        Assert.Equal(5UL, EventFdImage.FromEntry(context.Images.Files[rights[1]]).Count);
        Assert.DoesNotContain(context.Images.Descriptors, slot => slot.Id == rights[1]);
    }

    [Fact]
    public void Inspect_EpollInFlight_Refused() =>
        Assert.Contains("SCM_RIGHTS", Refused("a,b=socket.socketpair(); e=select.epoll(); socket.send_fds(a,[b'x'],[e.fileno()]); e.close()").Reason);

    [Fact]
    public void Inspect_UnixListener_HasBacklogAndFile()
    {
        string path = _scratch.At("s");
        UnixSocketState state = UnixSocketImage.FromEntry(At(Accepted($"l=socket.socket(socket.AF_UNIX); l.bind('{path}'); l.listen(7)"), 3));
        Assert.Equal((uint)TCP_LISTEN, state.State);
        Assert.Equal(7u, state.Backlog);
        Assert.Equal(path, System.Text.Encoding.UTF8.GetString(state.Name));
        Assert.NotNull(state.File);
    }

    private string Waiting(string more) =>
        $"l=socket.socket(socket.AF_UNIX); l.bind('{_scratch.At("s")}'); l.listen(7); c=[socket.socket(socket.AF_UNIX) for _ in range(3)]; [x.connect('{_scratch.At("s")}') for x in reversed(c)]; {more}";

    [Fact]
    public void Inspect_ConnectionsThatWait_AreKeptInOrder()
    {
        CaptureContext context = Accepted(Waiting("pass"));
        UnixSocketState listener = UnixSocketImage.FromEntry(At(context, 3));
        UnixSocketState[] clients = [.. new[] { 6, 5, 4 }.Select(fd => UnixSocketImage.FromEntry(At(context, fd)))];
        Assert.Equal(clients.Select(client => client.Inode), listener.Waiting);
        Assert.All(clients, client => Assert.Equal(listener.Inode, client.Peer));
    }

    [Theory]
    [InlineData("c[1].send(b'early')", "data was sent")]
    [InlineData("c[1].close()", "has closed")]
    public void Inspect_ConnectionThatWaitsWithWhatCannotBeSeen_Refused(string more, string reason) =>
        Assert.Contains(reason, Refused(Waiting(more)).Reason);

    [Fact]
    public void Inspect_UnixSocketWithClosedPeer_IsResetWhenDataWasLeft()
    {
        CaptureContext context = Accepted("a,b=socket.socketpair(); a.send(b'x'); b.close(); c,d=socket.socketpair(); d.close()");
        Assert.True(UnixSocketImage.FromEntry(At(context, 3)) is { IsReset: true, ClosedPeer.Length: 0 });
        Assert.True(UnixSocketImage.FromEntry(At(context, 4)) is { IsReset: false, ClosedPeer.Length: 0 });
    }

    [Fact]
    public void Inspect_NetlinkWithMessages_Refused() =>
        Assert.Contains("not received", Refused("n=socket.socket(16,3,0); n.send(b'\\x14\\0\\0\\0\\x12\\0\\x01\\x03\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0')").Reason);

    [Fact]
    public void Inspect_UnixSocketToOtherProcess_Refused() =>
        Assert.Contains("another process", Refused("a,b=socket.socketpair()\nif os.fork()==0:\n  die(); a.close(); time.sleep(600)\nb.close()").Reason);

    [Fact]
    public void Inspect_TcpListener_HasAddressAndOptions()
    {
        CaptureContext context = Accepted("t=socket.socket(); t.setsockopt(socket.IPPROTO_TCP,socket.TCP_NODELAY,1); t.bind(('127.0.0.1',0)); t.listen(9)");
        InetSocketState state = InetSocketImage.FromEntry(At(context, 3));
        Assert.Equal((TCP_LISTEN, 9), (state.State, state.Backlog));
        Assert.Equal("127.0.0.1", state.LocalAddress.ToString());
        Assert.NotEqual(0, state.LocalPort);
        Assert.Contains(state.Options, option => (option.Level, option.Name) == (IPPROTO_TCP, TCP_NODELAY));
    }

    [Fact]
    public void Inspect_TcpConnectionInside_Kept()
    {
        const string Script = "t=socket.socket(); t.bind(('127.0.0.1',0)); t.listen(9); c=socket.socket(); c.connect(t.getsockname()); x=t.accept(); c.send(b'abc'); time.sleep(0.05)";
        CaptureContext context = Accepted(Script);
        InetSocketState client = InetSocketImage.FromEntry(At(context, 4)), server = InetSocketImage.FromEntry(At(context, 5));
        Assert.True(client.IsConnection && server.IsConnection);
        Assert.Equal((client.LocalPort, client.RemotePort), (server.RemotePort, server.LocalPort));
        Assert.Equal("abc"u8.ToArray(), context.Tree.Images.TcpStreams[server.Inode].Incoming);
    }

    [Fact]
    public void Inspect_TcpConnectionToOutside_Refused()
    {
        const string Script = "t=socket.socket(); t.bind(('127.0.0.1',0)); t.listen(9)\nif os.fork()==0:\n  die(); c=socket.socket(); c.connect(t.getsockname()); time.sleep(600)\nx=t.accept()";
        Refusal refusal = Refused(Script);
        Assert.Contains("TCP connection", refusal.Reason);
        Assert.Contains("--tcp-close", refusal.Remedy);
    }

    [Fact]
    public void Inspect_UdpWithQueue_Refused()
    {
        const string Script = "u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); u.bind(('127.0.0.1',0)); u.sendto(b'x',u.getsockname()); time.sleep(0.05)";
        Assert.Contains("datagrams", Refused(Script).Reason);
    }

    [Fact]
    public void Inspect_Epoll_TargetsAreProved()
    {
        CaptureContext context = Accepted("r,w=os.pipe(); e=select.epoll(); e.register(r,select.EPOLLIN)");
        EventpollTfdEntry target = Assert.Single(At(context, 5).Epfd.Tfd);
        Assert.Equal(3u, target.Tfd);
    }

    [Fact]
    public void Inspect_EpollOfRenumberedFile_Refused() =>
        Assert.Contains("registered as descriptor 3", Refused("e0=os.eventfd(0); e=select.epoll(); e.register(e0); os.dup2(e0,20); os.close(e0); os.eventfd(0)").Reason);

    [Theory]
    [InlineData("s=os.pidfd_open(os.getpid())", "pidfd")]
    [InlineData("s=os.open('/proc/self/ns/net',os.O_RDONLY)", "namespace")]
    [InlineData("s=os.open('/proc/1/status',os.O_RDONLY)", "process 1")]
    public void Inspect_Unsupported_RefusedByName(string script, string name)
    {
        Refusal refusal = Refused(script);
        Assert.Contains(name, refusal.Reason);
        Assert.StartsWith("descriptor 3 (", refusal.Object);
        Assert.NotNull(refusal.Remedy);
    }

    [Fact]
    public void Inspect_TerminalWithoutShellJob_Refused() =>
        Assert.Contains("--shell-job", Refused("m,s=os.openpty(); os.close(m)", options => options with { ShellJob = false }).Remedy);
}
