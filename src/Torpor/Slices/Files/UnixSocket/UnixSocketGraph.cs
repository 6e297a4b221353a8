using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Which socket of the images is connected to which, and what else has to be there for a while to make it so.</summary>
internal sealed class UnixSocketGraph
{
    private readonly SortedDictionary<uint, UnixEndpoint> _byInode = [];
    private readonly Dictionary<uint, byte[]> _external = [];

    /// <summary>Those of the images in the order of their inodes, then those that have gone.</summary>
    public List<UnixEndpoint> All { get; } = [];

    /// <summary>Datagram sockets to connect to a name of another process.</summary>
    public List<(UnixEndpoint Socket, byte[] Name)> External { get; } = [];

    public IEnumerable<UnixEndpoint> Listeners => All.Where(endpoint => endpoint.State.IsListening);

    public UnixEndpoint Add(UnixSocketState state, RestoredDescription description)
    {
        var endpoint = new UnixEndpoint(state, description);
        if (!_byInode.TryAdd(state.Inode, endpoint))
            throw FileRestore.Damaged($"two Unix sockets have inode {state.Inode}");
        return endpoint;
    }

    public void AddExternal(UnixSocketState state) => _external[state.Inode] = state.Name;

    /// <summary>Connects all that were added.</summary>
    public void Resolve()
    {
        All.AddRange(_byInode.Values);
        foreach (UnixEndpoint endpoint in _byInode.Values)
        {
            if (endpoint.IsStream)
                ResolveStream(endpoint);
            else
                ResolveDatagram(endpoint);
        }
        foreach (UnixEndpoint endpoint in _byInode.Values)
            ResolveQueue(endpoint);
        foreach (UnixEndpoint endpoint in All.Where(endpoint => endpoint is { IsStream: true, Peer: not null, Listener: null }).ToList())
            ChooseListener(endpoint, endpoint.Peer!);
        Number();
    }

    private UnixEndpoint Gone(uint type, uint state, byte[] name, UnixSocketState? model = null)
    {
        var endpoint = new UnixEndpoint(
            new UnixSocketState
            {
                Inode = 0,
                Type = type,
                State = state,
                Flags = 0,
                Name = name,
                // Relative to what is not known, and does not matter: it is gone before the process runs.
                NameDirectory = model?.NameDirectory ?? (name.Length > 0 && name[0] is not (0 or (byte)'/') ? $"/tmp/.torpor-{Environment.ProcessId}" : null),
                File = model?.File,
                IsDeleted = model?.File is null,
            }, null);
        All.Add(endpoint);
        return endpoint;
    }

    private void ResolveStream(UnixEndpoint endpoint)
    {
        UnixSocketState state = endpoint.State;
        if (state.State != TCP_ESTABLISHED || endpoint.Peer is not null)
            return;
        if (state.Peer == 0)
            Join(endpoint, Gone(state.Type, TCP_ESTABLISHED, state.ClosedPeer ?? []));
        else if (!_byInode.TryGetValue(state.Peer, out UnixEndpoint? peer) || peer == endpoint || peer.State.Type != state.Type)
            throw Lost(endpoint);
        else if (peer.State.IsListening)
            endpoint.Listener = peer;
        else if (peer.State.Peer == state.Inode)
            Join(endpoint, peer);
        else
            throw FileRestore.Damaged($"the Unix socket at {endpoint.Label} is connected to that at {peer.Label}, which is connected elsewhere");
    }

    private static TorporException Lost(UnixEndpoint endpoint) =>
        new(FailureKind.Refused, $"the Unix socket at {endpoint.Label} was connected to another process, which is not in the image",
            $"give another socket in its place: --inherit-fd fd[N]:socket:[{endpoint.State.Inode}]");

    private static void Join(UnixEndpoint one, UnixEndpoint other)
    {
        one.Peer = other;
        other.Peer = one;
    }

    private void ResolveDatagram(UnixEndpoint endpoint)
    {
        UnixSocketState state = endpoint.State;
        if (state.Peer != 0)
        {
            if (_byInode.TryGetValue(state.Peer, out UnixEndpoint? peer) && !peer.IsStream)
                endpoint.Peer = peer;
            else if (_external.TryGetValue(state.Peer, out byte[]? name) && name.Length > 0)
                External.Add((endpoint, name));
            else
                throw Lost(endpoint);
        }
        else if (state.ClosedPeer is { } closed)
        {
            endpoint.Peer = Gone(SOCK_DGRAM, TCP_CLOSE, closed);
        }
        if (endpoint.Peer is { State.IsNamed: false } target)
            Pair(endpoint, target);
    }

    private static void Pair(UnixEndpoint one, UnixEndpoint other)
    {
        if ((one.Mate ?? other) != other || (other.Mate ?? one) != one || one == other)
            throw FileRestore.Damaged($"two sockets are connected to {other.Label}, a datagram socket without a name");
        one.Mate = other;
        other.Mate = one;
    }

    /// <summary>Finds who sends each message again.</summary>
    private void ResolveQueue(UnixEndpoint endpoint)
    {
        if (endpoint.Queue.Count == 0)
            return;
        if (endpoint.IsStream)
        {
            if (endpoint.Peer is null)
                throw FileRestore.Damaged($"the Unix socket at {endpoint.Label} is not connected and has data in its queue");
        }
        else if (!endpoint.State.IsNamed && endpoint.Mate is null)
        {
            Pair(endpoint, Gone(SOCK_DGRAM, TCP_CLOSE, []));
        }
        foreach (UnixMessage message in endpoint.Queue)
            message.Sender = endpoint.IsStream ? endpoint.Peer : endpoint.State.IsNamed ? SenderOf(endpoint, message.Entry) : endpoint.Mate;
    }

    private UnixEndpoint SenderOf(UnixEndpoint receiver, SkPacketEntry message)
    {
        if (message.HasTorporSender && _byInode.TryGetValue(message.TorporSender, out UnixEndpoint? sender) && !sender.IsStream)
            return sender;
        if (message.HasTorporSenderName)
        {
            byte[] name = UnixSocketImage.FromBytes(message.TorporSenderName, receiver.State.Inode);
            return All.Find(other => !other.IsStream && other.State.HasName(name)) ?? Gone(SOCK_DGRAM, TCP_CLOSE, name);
        }
        // CRIU's images do not say: whoever is connected to it. If nobody is, a socket without a name.
        return All.Find(other => !other.IsStream && other.Peer == receiver)
            ?? All.Find(other => other is { IsGone: true, IsStream: false, State.IsNamed: false, Mate: null })
            ?? Gone(SOCK_DGRAM, TCP_CLOSE, []);
    }

    /// <summary>Two ends without names are made by socketpair(2); others by a listening socket, so that one end has its name.</summary>
    private void ChooseListener(UnixEndpoint one, UnixEndpoint other)
    {
        if (other.Listener is not null || (!one.State.IsNamed && !other.State.IsNamed))
            return;
        UnixEndpoint? listener = ListenerAt(one.State) ?? ListenerAt(other.State);
        // An accepted socket is younger than the one it is connected to.
        UnixEndpoint server = listener is not null
            ? (one.State.HasName(listener.State.Name) ? one : other)
            : !one.State.IsNamed || (other.State.IsNamed && (other.IsGone || other.State.Inode > one.State.Inode)) ? other : one;
        listener ??= Gone(server.State.Type, TCP_LISTEN, server.State.Name, server.State);
        server.IsAccepted = true;
        server.Listener = server.Peer!.Listener = listener;
    }

    private UnixEndpoint? ListenerAt(UnixSocketState state) => !state.IsNamed
        ? null
        : Listeners.FirstOrDefault(endpoint => endpoint.State.Type == state.Type && endpoint.State.HasName(state.Name));

    /// <summary>Gives sockets of one name to different rounds: those that lose it again come first.</summary>
    private void Number()
    {
        var binding = All.Where(endpoint => endpoint.BindsItself)
            .GroupBy(endpoint => (endpoint.State.NameDirectory, Convert.ToHexString(endpoint.State.Name)));
        foreach (var group in binding)
        {
            List<UnixEndpoint> order = [.. group.OrderBy(endpoint => endpoint.IsGone ? 0 : endpoint.State.IsDeleted ? 1 : 2)];
            for (int round = 0; round < order.Count; round++)
                (order[round].Round, order[round].HasSuccessor) = (round, round + 1 < order.Count);
        }
    }
}
