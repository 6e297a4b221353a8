using System.Net;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Files;
using Torpor.Slices.Files.InetSocket;
using Torpor.Tracing;
using Xunit;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Tests.Slices.Files;

/// <summary>Images and plans of TCP connections; no process is involved.</summary>
public sealed class InetSocketTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ProcessImages _images = new();

    public void Dispose() => _scratch.Dispose();

    private static InetSocketState Connection(uint inode, int local, int remote, int state = TCP_ESTABLISHED) => new()
    {
        Inode = inode,
        Family = AF_INET,
        Type = SOCK_STREAM,
        Protocol = IPPROTO_TCP,
        State = state,
        Flags = O_RDWR,
        LocalAddress = IPAddress.Loopback,
        LocalPort = local,
        RemoteAddress = IPAddress.Loopback,
        RemotePort = remote,
    };

    private void Add(int number, InetSocketState state, byte[]? incoming = null, byte[]? outgoing = null)
    {
        _images.With(InetSocketImage.ToEntry(state), number);
        if (incoming is not null)
            _images.Tree.TcpStreams[state.Inode] = TcpStream.Of(incoming) with { Outgoing = outgoing ?? [] };
    }

    private RestoreContext Compile(bool tcpClose = false) =>
        FilesContexts.Compile(_images, _scratch.At("images"), new RestoreOptions { Directory = "", TcpClose = tcpClose });

    private static List<SyscallStep> Calls(RestoreContext context, SyscallNumber number) => [.. context.Tree.Opening.Steps.Where(step => step.Number == number)];

    [Theory]
    [InlineData(TCP_FIN_WAIT2, true, false)]
    [InlineData(TCP_CLOSE_WAIT, false, true)]
    public void Image_RoundTrip_Same(int tcp, bool closed, bool deaf)
    {
        InetSocketState state = Connection(5, 80, 4000, tcp) with { IsClosed = closed, HasError = closed, IsDeaf = deaf, Settings = new SkOptsEntry { Reuseaddr = true } };
        InetSocketState back = InetSocketImage.FromEntry(InetSocketImage.ToEntry(state));
        Assert.Equal(state with { Owner = back.Owner, Options = back.Options }, back);
    }

    [Fact]
    public void Compile_BothEnds_OneConnectsAndTheOtherIsAccepted()
    {
        Add(3, Connection(5, 80, 4000), [1, 2, 3]);
        Add(4, Connection(6, 4000, 80), [4, 5]);
        RestoreContext context = Compile();
        var simulator = new DescriptorSimulator();
        Assert.Equal([3, 4], simulator.Run(context).Keys);
        Assert.Empty(simulator.Errors);
        Assert.Single(Calls(context, SyscallNumber.connect));
        Assert.Equal([Expectation.Exactly(3), Expectation.Exactly(2)], Calls(context, SyscallNumber.sendto).Select(step => step.Expect));
    }

    [Fact]
    public void Compile_OneEnd_RefusedWithRemedy()
    {
        Add(3, Connection(5, 80, 4000), []);
        TorporException exception = Assert.Throws<TorporException>(() => Compile());
        Assert.Equal(FailureKind.Refused, exception.Kind);
        Assert.Contains("--tcp-close", exception.Remedy);
    }

    [Fact]
    public void Compile_OneEndWithTcpClose_HasEnded()
    {
        Add(3, Connection(5, 80, 4000), [1]);
        RestoreContext context = Compile(tcpClose: true);
        Assert.Empty(Calls(context, SyscallNumber.sendto));
        Assert.Single(Calls(context, SyscallNumber.poll));
    }

    [Fact]
    public void Compile_SameConnectionTwice_Damaged()
    {
        Add(3, Connection(5, 80, 4000), []);
        Add(4, Connection(6, 80, 4000), []);
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile()).Kind);
    }
}
