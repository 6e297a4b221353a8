using System.Net;
using System.Text;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.Syscalls;

public class SocketTests
{
    private static ulong InodeOf(Fd fd) => FileCalls.Status(fd).Inode;

    private static byte[] AbstractName(string name) => [Socket.AF_UNIX, 0, 0, .. Encoding.UTF8.GetBytes(name)];

    [Fact]
    public void Parse_SocketAddresses_KeepsNames()
    {
        Assert.True(((UnixSocketName)SocketName.Parse([1, 0])).IsUnnamed);
        Assert.Equal("@a@b", SocketName.Parse([1, 0, 0, (byte)'a', 0, (byte)'b']).ToString());
        Assert.Equal("/a", SocketName.Parse([1, 0, (byte)'/', (byte)'a', 0, 9]).ToString());
        Assert.Equal("127.0.0.1:8080", SocketName.Parse([2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).ToString());
        Assert.Equal(
            new InetSocketName(Socket.AF_INET6, IPAddress.IPv6Loopback, 80, 0, 7),
            SocketName.Parse([10, 0, 0, 80, 0, 0, 0, 0, .. IPAddress.IPv6Loopback.GetAddressBytes(), 7, 0, 0, 0]));
        Assert.IsType<OtherSocketName>(SocketName.Parse([2, 0, 1]));
        Assert.IsType<OtherSocketName>(SocketName.Parse([]));
    }

    [Fact]
    public void Options_OfPair_AreReadAndSet()
    {
        (Fd first, Fd second) = SocketCalls.OpenPair(Socket.AF_UNIX, Socket.SOCK_STREAM);
        using (first)
        using (second)
        {
            Assert.Equal(Socket.SOCK_STREAM, SocketCalls.GetOption(first, Socket.SOL_SOCKET, Socket.SO_TYPE));
            SocketCalls.SetOption(first, Socket.SOL_SOCKET, Socket.SO_PASSCRED, 1);
            Assert.Equal(1, SocketCalls.GetOption(first, Socket.SOL_SOCKET, Socket.SO_PASSCRED));
            Span<byte> credentials = stackalloc byte[12];
            Assert.Equal(12, SocketCalls.GetOption(first, Socket.SOL_SOCKET, Socket.SO_PEERCRED, credentials).Length);
            Assert.Equal(ProcessCalls.GetPid().Value, BitConverter.ToInt32(credentials));
            Assert.False(SocketCalls.TryGetOption(first, Socket.IPPROTO_TCP, Socket.TCP_NODELAY, out _, out Errno errno));
            Assert.Equal(Errno.EOPNOTSUPP, errno);
        }
    }

    [Fact]
    public void FindUnix_OfPair_KnowsPeerAndQueues()
    {
        (Fd first, Fd second) = SocketCalls.OpenPair(Socket.AF_UNIX, Socket.SOCK_STREAM);
        using (first)
        using (second)
        using (SockDiag diag = SockDiag.Open())
        {
            SocketCalls.Send(first, "12345"u8);

            UnixSocketInfo info = diag.FindUnix(InodeOf(second)) ?? throw new InvalidOperationException("this kernel has no unix_diag");
            Assert.Equal(InodeOf(first), info.PeerInode);
            Assert.Equal(Socket.SOCK_STREAM, info.Type);
            Assert.Equal(Socket.TCP_ESTABLISHED, info.State);
            Assert.Equal(5u, info.ReceiveQueue);
            Assert.Null(info.Name);
            Assert.Contains(diag.ListUnix(), socket => socket.Inode == InodeOf(second));
            Assert.Null(diag.FindUnix(0));
            Assert.Null(diag.FindUnix(InodeOf(FileCalls.MemfdCreate("no socket")) + uint.MaxValue));
        }
    }

    [Fact]
    public void FindUnix_OfListener_KnowsNameAndPending()
    {
        byte[] name = AbstractName($"torpor-test-{ProcessCalls.GetPid()}");
        using Fd listener = SocketCalls.Open(Socket.AF_UNIX, Socket.SOCK_STREAM);
        SocketCalls.Bind(listener, name);
        SocketCalls.Listen(listener, 5);
        using Fd client = SocketCalls.Open(Socket.AF_UNIX, Socket.SOCK_STREAM);
        SocketCalls.Connect(client, name);
        using SockDiag diag = SockDiag.Open();

        UnixSocketInfo info = diag.FindUnix(InodeOf(listener))!;
        Assert.Equal(Socket.TCP_LISTEN, info.State);
        Assert.Equal(SocketCalls.GetName(listener), info.Name);
        Assert.True(info.Name!.IsAbstract);
        Assert.Equal([(uint)InodeOf(client)], info.Pending);
        Assert.Equal(1u, info.ReceiveQueue);
        Assert.Equal(5u, info.SendQueue);
        using Fd accepted = SocketCalls.Accept(listener);
        Assert.Empty(diag.FindUnix(InodeOf(listener))!.Pending);
        Assert.Equal(SocketCalls.GetName(listener), SocketCalls.GetPeerName(client));
        Assert.Null(SocketCalls.GetPeerName(listener));
    }

    [Fact]
    public void FindInet_OfListener_KnowsAddressAndBacklog()
    {
        using Fd listener = SocketCalls.Open(Socket.AF_INET, Socket.SOCK_STREAM);
        SocketCalls.Bind(listener, [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        SocketCalls.Listen(listener, 9);
        using SockDiag diag = SockDiag.Open();

        InetSocketInfo info = diag.FindInet(Socket.AF_INET, Socket.IPPROTO_TCP, InodeOf(listener))!;
        Assert.Equal(SocketCalls.GetName(listener), info.Local);
        Assert.Equal(Socket.TCP_LISTEN, info.State);
        Assert.Equal(9u, info.SendQueue);
        Assert.Null(diag.FindInet(Socket.AF_INET6, Socket.IPPROTO_TCP, InodeOf(listener)));
    }

    [Fact]
    public void PeekStream_Queue_StaysQueued()
    {
        (Fd first, Fd second) = SocketCalls.OpenPair(Socket.AF_UNIX, Socket.SOCK_STREAM);
        using (first)
        using (second)
        {
            SocketCalls.Send(first, "ab"u8);
            SocketCalls.Send(first, "cd"u8);
            byte[] buffer = new byte[64];

            Assert.Equal(4, SocketCalls.PeekStream(second, buffer));
            Assert.Equal(4, SocketCalls.PeekStream(second, buffer));
            Assert.Equal("abcd"u8, buffer.AsSpan(0, 4));
            Assert.Equal(0, SocketCalls.PeekStream(first, buffer));
        }
    }

    [Theory]
    [InlineData(Socket.SOCK_DGRAM)]
    [InlineData(Socket.SOCK_SEQPACKET)]
    public void PeekMessages_Queue_KeepsBordersAndStaysQueued(int type)
    {
        (Fd first, Fd second) = SocketCalls.OpenPair(Socket.AF_UNIX, type);
        using (first)
        using (second)
        {
            byte[] large = new byte[100_000];
            large[99_999] = 1;
            SocketCalls.Send(first, "one"u8);
            SocketCalls.Send(first, large);
            SocketCalls.Send(first, "three"u8);

            Assert.Equal([3, 100_000, 5], SocketCalls.PeekMessages(second).Select(message => message.Data.Length));
            IReadOnlyList<QueuedMessage> messages = SocketCalls.PeekMessages(second);
            Assert.Equal("three"u8, messages[2].Data);
            Assert.Equal(large, messages[1].Data);
            Assert.Equal(-1, SocketCalls.GetOption(second, Socket.SOL_SOCKET, Socket.SO_PEEK_OFF));
            byte[] buffer = new byte[16];
            Assert.Equal(3, FileCalls.Read(second, buffer));
            Assert.Equal(Errno.EMSGSIZE, Assert.Throws<LinuxException>(() => SocketCalls.PeekMessages(second, 1000)).Errno);
            Assert.Equal(2, SocketCalls.PeekMessages(second).Count);
            first.Dispose();
            Assert.Equal(2, SocketCalls.PeekMessages(second).Count);
        }
    }

    [Fact]
    public void PeekMessages_OfUdp_KnowSenders()
    {
        using Fd receiver = SocketCalls.Open(Socket.AF_INET, Socket.SOCK_DGRAM);
        SocketCalls.Bind(receiver, [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        using Fd sender = SocketCalls.Open(Socket.AF_INET, Socket.SOCK_DGRAM);
        SocketCalls.Connect(sender, SocketCalls.GetRawName(receiver));
        SocketCalls.Send(sender, "x"u8);
        SocketCalls.Send(sender, ""u8);
        SocketCalls.Send(sender, "yz"u8);

        IReadOnlyList<QueuedMessage> messages = SocketCalls.PeekMessages(receiver);

        Assert.Equal([1, 0, 2], messages.Select(message => message.Data.Length));
        Assert.All(messages, message => Assert.Equal(SocketCalls.GetName(sender), message.Sender));
    }

    [Fact]
    public void GetRawName_OfUnnamedSocket_IsItsFamilyAlone()
    {
        using Fd socket = SocketCalls.Open(Socket.AF_UNIX, Socket.SOCK_STREAM);

        Assert.Equal([Socket.AF_UNIX, 0], SocketCalls.GetRawName(socket));
    }
}
