using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Emits the calls that make the Unix sockets of a graph.</summary>
internal sealed class UnixSocketRestore
{
    private readonly FileRestore _restore;
    private readonly UnixSocketGraph _graph;
    private readonly UnixSocketBinding _binding;
    private readonly UnixSocketSends _sends;
    private readonly HashSet<UnixEndpoint> _closed = [];
    private readonly HashSet<UnixEndpoint> _full = [];

    /// <summary>Those with messages that carry the credentials of a process that does not exist yet: filled once all do.</summary>
    private readonly HashSet<UnixEndpoint> _late;

    public UnixSocketRestore(FileRestore restore, UnixSocketGraph graph)
    {
        _restore = restore;
        _graph = graph;
        _binding = new UnixSocketBinding(restore);
        _sends = new UnixSocketSends(restore, graph, _binding);
        uint root = restore.Images.Processes[0].Process.Pid;
        _late = [.. graph.All.Where(receiver => receiver.Queue.Exists(message => message.Entry.Ucred is { } sender && sender.Pid != root))];
    }

    private SyscallProgram Program => _sends.Program;

    public void Run()
    {
        Create();
        foreach (UnixEndpoint endpoint in _graph.All.Where(endpoint => endpoint.Mate is not null && IsFirst(endpoint, endpoint.Mate)))
            Separate(endpoint, endpoint.Mate!);
        int rounds = _graph.All.Max(endpoint => endpoint.Round);
        for (int round = 0; round <= rounds; round++)
            RunRound(round);
        foreach ((UnixEndpoint socket, byte[] name) in _graph.External)
            _binding.ConnectOutside(socket, name);
        foreach (UnixEndpoint endpoint in _graph.All)
            FillConnected(endpoint);
        _binding.Finish();
        if (_late.Count > 0)
            FillLate();
        foreach (UnixEndpoint endpoint in _graph.All.Where(endpoint => endpoint.IsGone))
            Close(endpoint);
        foreach (UnixEndpoint endpoint in _graph.All.Where(endpoint => !endpoint.IsGone))
            Finish(endpoint);
    }

    /// <summary>From here on the root goes on once all processes exist: only then has each pid somebody who may be named.</summary>
    private void FillLate()
    {
        _sends.Program = _restore.Tree.Root.Process;
        foreach (UnixEndpoint receiver in _late)
        {
            bool linked = receiver.Queue.TrueForAll(message => message.Sender!.Peer == receiver);
            if (!linked && (receiver.State.IsDeleted || !receiver.State.IsNamed || receiver.BeforeConnecting != receiver.Queue.Count || receiver.Peer is not null))
            {
                throw new TorporException(FailureKind.Refused, $"{receiver.Label} holds messages with credentials of several processes, which can't reach it any more",
                    "let the process receive them before the checkpoint");
            }
            _sends.Fill(receiver, .., byName: !linked);
        }
    }

    /// <summary>Which of a pair the socketpair(2) makes first: one call for both.</summary>
    private bool IsFirst(UnixEndpoint endpoint, UnixEndpoint other) => _graph.All.IndexOf(endpoint) < _graph.All.IndexOf(other);

    /// <summary>Makes all but those that are accepted later.</summary>
    private void Create()
    {
        foreach (UnixEndpoint endpoint in _graph.All)
        {
            UnixEndpoint? twin = endpoint.Mate ?? (endpoint is { IsStream: true, Listener: null } ? endpoint.Peer : null);
            if (twin is null)
            {
                if (!endpoint.IsAccepted)
                {
                    int fd = _restore.Table.Open(Program, $"create Unix socket ({endpoint.Label})", SyscallNumber.socket, AF_UNIX, endpoint.State.Type | SOCK_CLOEXEC, 0);
                    Place(fd, endpoint);
                }
            }
            else if (IsFirst(endpoint, twin))
            {
                int a = _restore.Table.TakeLowest();
                int b = _restore.Table.TakeLowest();
                Program.Call($"create the socket pair of {endpoint.Label} and {twin.Label}", SyscallNumber.socketpair, AF_UNIX, endpoint.State.Type | SOCK_CLOEXEC, 0, Program.Space(8));
                Place(a, endpoint);
                Place(b, twin);
            }
        }
    }

    /// <summary>What lives only while the plan runs stays where it was opened.</summary>
    private void Place(int opened, UnixEndpoint endpoint)
    {
        if (endpoint.Description is { } description)
            _restore.Place(opened, description);
        // Ordering: what has to live on while memory is built must not be among the numbers that this takes.
        endpoint.Fd = endpoint.Description?.First ?? (_late.Count > 0 ? _restore.Table.Keep(Program, opened) : opened);
    }

    /// <summary>
    /// Datagram sockets made as a pair, of which one may be connected elsewhere by now. Disconnecting empties the socket's queue, and
    /// the other one gets ECONNRESET.
    /// </summary>
    private void Separate(UnixEndpoint one, UnixEndpoint other)
    {
        // Ordering: the one with messages first, because the other has to send them before it turns away.
        (UnixEndpoint, UnixEndpoint)[] order = other.Queue.Count > 0 && !other.State.IsNamed ? [(other, one), (one, other)] : [(one, other), (other, one)];
        foreach ((UnixEndpoint socket, UnixEndpoint mate) in order)
        {
            if (socket.Peer != mate)
            {
                Program.Call($"disconnect {socket.Label}", SyscallNumber.connect, socket.Fd, Program.Data([0, 0]), 2);
                Program.Call($"take the error of {mate.Label}", SyscallNumber.getsockopt, mate.Fd, SOL_SOCKET, SO_ERROR, Program.Space(4), Program.Data(BitConverter.GetBytes(4)));
            }
            if (!socket.State.IsNamed)
                FillOnce(socket, ..);
        }
    }

    /// <summary>Gives names, and connects those to them that are to be connected.</summary>
    private void RunRound(int round)
    {
        List<UnixEndpoint> named = [.. _graph.All.Where(endpoint => endpoint.Round == round && endpoint.BindsItself)];
        foreach (UnixEndpoint endpoint in named)
            _binding.Bind(endpoint);
        foreach (UnixEndpoint endpoint in named.Where(endpoint => endpoint.State.IsListening))
            Listen(endpoint);
        // Ordering: before any is connected, because whoever is connected receives from its peer alone.
        List<UnixEndpoint> receivers = [.. named.Where(endpoint => !endpoint.IsStream)];
        foreach (UnixEndpoint receiver in receivers)
            FillBefore(receiver);
        foreach (UnixEndpoint client in _graph.All.Where(client => client is { IsStream: false, Peer: not null } && client.Peer != client.Mate && receivers.Contains(client.Peer)))
            _binding.Connect(client, client.Peer!);
        foreach (UnixEndpoint receiver in receivers.Where(receiver => receiver.Peer is null || receiver.Peer == receiver.Mate || receiver.Peer.Round <= round))
            FillOnce(receiver, receiver.BeforeConnecting.., byName: true);
        foreach (UnixEndpoint endpoint in named)
            _binding.Settle(endpoint);
        foreach (UnixEndpoint endpoint in named.Where(endpoint => endpoint is { IsGone: true, HasSuccessor: true, State.IsAbstract: true }))
            Close(endpoint);
    }

    private void Listen(UnixEndpoint listener)
    {
        UnixSocketState state = listener.State;
        string where = $"listen at {UnixSocketNames.Show(state.Name)} ({listener.Label})";
        // By the order of the image, or of their making where it has none.
        List<uint> order = [.. state.Waiting];
        List<UnixEndpoint> waiting = [.. _graph.All.Where(client => client.Listener == listener && client.Peer is null).OrderBy(client => order.IndexOf(client.State.Inode))];
        uint backlog = Math.Max(state.Backlog, (uint)waiting.Count);
        Program.Call(where, SyscallNumber.listen, listener.Fd, backlog);
        foreach (UnixEndpoint server in _graph.All.Where(server => server.Listener == listener && server.IsAccepted))
        {
            _binding.Connect(server.Peer!, listener);
            int fd = _restore.Table.Open(Program, $"accept at {UnixSocketNames.Show(state.Name)} ({server.Label})", SyscallNumber.accept4, listener.Fd, 0, 0, SOCK_CLOEXEC);
            Place(fd, server);
        }
        foreach (UnixEndpoint client in waiting)
            _binding.Connect(client, listener);
        if (backlog != state.Backlog && !listener.IsGone)
            Program.Call(where, SyscallNumber.listen, listener.Fd, state.Backlog);
    }

    private void FillConnected(UnixEndpoint endpoint)
    {
        if (endpoint.IsStream)
            FillOnce(endpoint, ..);
        else if (endpoint.State.IsNamed)
            FillOnce(endpoint, endpoint.BeforeConnecting..);
    }

    private void FillBefore(UnixEndpoint receiver)
    {
        if (!_late.Contains(receiver))
            _sends.Fill(receiver, ..receiver.BeforeConnecting, byName: true);
    }

    private void FillOnce(UnixEndpoint receiver, Range range, bool byName = false)
    {
        if (!_late.Contains(receiver) && _full.Add(receiver))
            _sends.Fill(receiver, range, byName);
    }

    private void Close(UnixEndpoint endpoint)
    {
        if (!_closed.Add(endpoint))
            return;
        // A byte that nobody receives makes the end of the connection a reset.
        if (endpoint.Peer is { IsGone: false, State.IsReset: true } survivor && endpoint.IsStream)
            Program.Call($"send a byte into the void from {survivor.Label}", SyscallNumber.sendto, survivor.Fd, Program.Data([0]), 1, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
        if (_late.Count == 0)
            _restore.Table.Close(Program, endpoint.Fd);
        else
            Program.Call($"close descriptor {endpoint.Fd}", SyscallNumber.close, endpoint.Fd);
    }

    /// <summary>What would stand in the way of connecting and sending: flags, and options such as SO_PASSCRED, with which sockets get names by themselves.</summary>
    private void Finish(UnixEndpoint endpoint)
    {
        UnixSocketState state = endpoint.State;
        int fd = endpoint.Fd;
        _sends.Narrow(endpoint);
        SocketSettings.Compile(Program, state.Settings, fd, endpoint.Label);
        UnixSocketOptions.Compile(Program, state, fd, endpoint.Label);
        if ((state.Flags & FileRestore.SettableFlags) is not 0 and var flags)
            Program.Call($"set the status flags of {endpoint.Label}", SyscallNumber.fcntl, fd, F_SETFL, flags);
        if (state.Shutdown != 0 && !(endpoint is { IsStream: true, Peer.IsGone: true }))
            Program.Call($"shut down {endpoint.Label}", SyscallNumber.shutdown, fd, state.Shutdown - 1);
        if (endpoint.Description is { } description)
            state.Owner.Compile(_restore, description);
    }
}
