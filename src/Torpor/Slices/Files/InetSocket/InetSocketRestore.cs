using System.Net;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>Emits the calls that make the internet sockets of a tree.</summary>
internal sealed class InetSocketRestore(FileRestore restore, IReadOnlyList<InetEndpoint> endpoints)
{
    private SyscallProgram Program => restore.Program;

    public void Run()
    {
        var closed = endpoints.Where(IsClosed).ToHashSet();
        List<InetEndpoint> connections = [.. endpoints.Where(endpoint => endpoint.State.IsConnection && !closed.Contains(endpoint))];
        var made = new TcpConnectionRestore(restore);
        // Ordering: connections before listeners, because each is accepted at its own port by a listener of the moment.
        made.Run(connections);
        foreach (InetEndpoint endpoint in endpoints.Where(endpoint => !endpoint.State.IsConnection && !closed.Contains(endpoint)))
            Make(endpoint);
        foreach (InetEndpoint endpoint in closed)
            made.MakeClosed(endpoint);
        // Ordering: behind the listeners, because only sockets with SO_REUSEADDR share their port with one that is bound later.
        foreach (InetEndpoint endpoint in (IEnumerable<InetEndpoint>)[.. connections, .. closed])
            Settle(endpoint);
    }

    private bool IsClosed(InetEndpoint endpoint) =>
        endpoint.State.IsClosed || (restore.Options.TcpClose && endpoint.State.IsConnection);

    private void Make(InetEndpoint endpoint)
    {
        InetSocketState state = endpoint.State;
        string label = endpoint.Label;
        int fd = restore.Table.Open(Program, $"create {(state.IsStream ? "TCP" : "UDP")} socket ({label})", SyscallNumber.socket,
            state.Family, state.Type | SOCK_CLOEXEC, state.Protocol);
        SocketSettings.Compile(Program, state.Settings, fd, label);
        SetOptions(endpoint, fd);
        if (state.LocalPort != 0)
            Bind(state, fd, label);
        if (state.State == TCP_LISTEN)
            Program.Call($"listen at {state.LocalAddress} port {state.LocalPort} ({label})", SyscallNumber.listen, fd, state.Backlog);
        if (state.Type == SOCK_DGRAM && state.RemotePort != 0)
        {
            Program.Call($"connect to {state.RemoteAddress} port {state.RemotePort} ({label})", SyscallNumber.connect,
                fd, InetEndpoint.Name(Program, state.RemoteAddress, state.RemotePort, out int length), length);
        }
        restore.SetFlags(fd, state.Flags, 0, label);
        state.Owner.Compile(restore, endpoint.Description);
        restore.Place(fd, endpoint.Description);
    }

    private void SetOptions(InetEndpoint endpoint, int fd)
    {
        if (endpoint.State.V6Only is { } only)
            SocketSettings.Set(Program, fd, IPPROTO_IPV6, IPV6_V6ONLY, BitConverter.GetBytes(only ? 1 : 0), endpoint.Label);
        foreach (SocketOption option in endpoint.State.Options)
            SocketSettings.Set(Program, fd, option.Level, option.Name, option.Value, endpoint.Label);
    }

    private void Bind(InetSocketState state, int fd, string label)
    {
        // Connections of the original may linger in TIME_WAIT, which bars the port unless SO_REUSEADDR is on.
        bool lend = state.IsStream && !state.Settings.Reuseaddr;
        if (lend)
            SocketSettings.Set(Program, fd, SO_REUSEADDR, 1, label);
        Program.Call($"bind {state.LocalAddress} port {state.LocalPort} ({label})", SyscallNumber.bind,
            fd, InetEndpoint.Name(Program, state.LocalAddress, state.LocalPort, out int length), length);
        if (lend)
            SocketSettings.Set(Program, fd, SO_REUSEADDR, 0, label);
    }

    /// <summary>What the making of a connection itself had to have otherwise.</summary>
    private void Settle(InetEndpoint endpoint)
    {
        InetSocketState state = endpoint.State;
        int fd = endpoint.Description.First;
        SocketSettings.Compile(Program, state.Settings, fd, endpoint.Label);
        foreach (SocketOption option in state.Options)
            SocketSettings.Set(Program, fd, option.Level, option.Name, option.Value, endpoint.Label);
        if (!state.Settings.Reuseaddr)
            SocketSettings.Set(Program, fd, SO_REUSEADDR, 0, endpoint.Label);
        restore.SetFlags(fd, state.Flags, 0, endpoint.Label);
        state.Owner.Compile(restore, endpoint.Description);
    }
}
