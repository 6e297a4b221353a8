using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Reads the Unix sockets of a process, and decides which of them can be made again.</summary>
internal sealed class UnixSocketCapture
{
    private readonly FileInspection _inspection;
    private readonly UnixSocketSurvey _survey;
    private readonly UnixSocketNames _names;
    private readonly UnixSocketQueues _queues;
    private readonly SortedDictionary<ulong, UnixSocketState> _external = [];

    /// <summary>What was found in queues, to be completed once all descriptions have their ids.</summary>
    public UnixSocketQueues Queues => _queues;

    public UnixSocketCapture(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        _inspection = inspection;
        _survey = new UnixSocketSurvey(inspection, descriptions);
        _names = new UnixSocketNames(inspection);
        _queues = new UnixSocketQueues(inspection, _survey);
    }

    public void Run()
    {
        foreach ((OpenDescription description, UnixSocketInfo info) in _survey.All)
        {
            using Fd duplicate = _inspection.Duplicate(description);
            if (TryState(description, info, duplicate) is not { } state)
                continue;
            _inspection.Add(description, UnixSocketImage.ToEntry(state));
            if (!state.Outside)
                _queues.Capture(description, info, state, duplicate);
        }
        foreach (UnixSocketState external in _external.Values)
        {
            FileEntry entry = UnixSocketImage.ToEntry(external);
            _inspection.Images.AddFile(entry);
            FileEntryIds.Repeat(entry);
        }
    }

    /// <summary>Null when the socket was refused.</summary>
    private UnixSocketState? TryState(OpenDescription description, UnixSocketInfo info, Fd duplicate)
    {
        if (!_inspection.TrySocket(description, duplicate, out SignalOwner owner, out SkOptsEntry settings))
            return null;
        UnixSocketOptions.Capture(duplicate, settings);
        var state = new UnixSocketState
        {
            Inode = (uint)info.Inode,
            Type = (uint)info.Type,
            State = (uint)info.State,
            Flags = (uint)description.Flags,
            Owner = owner,
            Settings = settings,
            Options = UnixSocketOptions.Capture(duplicate, info.Type),
            Shutdown = (uint)info.Shutdown,
            IsReset = (FileCalls.Poll(duplicate, 0) & Linux.Uapi.Poll.POLLERR) != 0,
        };
        if (state is { IsReset: true, IsDatagram: true })
            return Refuse(description, "has an error that waits to be reported (ECONNRESET)", "try again once the process has received it");
        // An accepted socket has the name of the one that listens, and no file of its own.
        bool inherited = info.State == TCP_ESTABLISHED && !state.IsDatagram && info.Name is not null && _survey.HasListener(info);
        if (!_names.TryCapture(description, info, duplicate, inherited, ref state))
            return null;
        return state.IsListening ? Listener(description, info, state) : Connected(description, info, duplicate, state);
    }

    private UnixSocketState? Listener(OpenDescription description, UnixSocketInfo info, UnixSocketState state)
    {
        var waiting = new List<uint>();
        foreach (uint client in info.Pending)
        {
            if (client == 0)
                return Refuse(description, "has a connection that waits to be accepted and whose other end has closed", "try again once the process has accepted it");
            if (_survey.Find(client) is not { } found)
                return Refuse(description, "has a connection of another process that waits to be accepted", "try again once the process has accepted it");
            if (found.Info.SendQueue != 0)
                return Refuse(description, "has a connection that waits to be accepted and on which data was sent, which the kernel shows to nobody before", "try again once the process has accepted it");
            waiting.Add(client);
        }
        return state with { Backlog = info.SendQueue, Waiting = waiting };
    }

    private UnixSocketState? Connected(OpenDescription description, UnixSocketInfo info, Fd duplicate, UnixSocketState state)
    {
        if (info.PeerInode is not { } peer)
            return state;
        if (_survey.ListenerOf(info.Inode) is { } listener)
            return state with { Peer = (uint)listener };
        if (peer != 0)
            return _survey.Find(peer) is not null ? state with { Peer = (uint)peer } : Outside(description, peer, duplicate, state);
        if (!state.IsDatagram && info.Shutdown != 3)
            return Refuse(description, "waits to be accepted by a listening socket of another process", "try again once the connection is accepted");
        return state with { ClosedPeer = SocketCalls.GetPeerName(duplicate) is UnixSocketName { IsUnnamed: false } name ? UnixSocketNames.Raw(name) : [] };
    }

    private UnixSocketState? Outside(OpenDescription description, ulong peer, Fd duplicate, UnixSocketState state)
    {
        CheckpointOptions options = _inspection.Options;
        state = state with { Peer = (uint)peer };
        if (options.InheritStandardStreams && description.IsStandardStream)
        {
            string stream = StandardStreams.NameOf(description.Holdings.Min(holding => holding.Slot.Number));
            int unread = FileCalls.BytesReadable(duplicate);
            _inspection.Note($"{stream} is a socket to another process: after a restore it is the restorer's own {stream}"
                + (unread > 0 ? $"; {unread} bytes that wait unread in it stay behind" : ""));
            return state with { Outside = true };
        }
        if (options.External.Contains($"unix[{state.Inode}]") || options.External.Contains($"unix[{peer}]"))
            return state;
        if (state.IsDatagram && SocketCalls.GetPeerName(duplicate) is UnixSocketName { IsUnnamed: false } name)
        {
            if (!options.ExternalUnixSockets)
                return Refuse(description, $"is connected to {name}, a socket of another process", "pass --ext-unix-sk to connect there again after a restore");
            _inspection.Note($"{description} sends to {name}, and connects there again after a restore");
            _external[peer] = new UnixSocketState
            {
                Inode = (uint)peer,
                Type = state.Type,
                State = TCP_CLOSE,
                Flags = 0,
                Name = UnixSocketNames.Raw(name),
                IsExternal = true,
            };
            return state;
        }
        return Refuse(description, "is connected to a socket of another process",
            $"let the process close the connection, or pass --external unix[{peer}] and give restore another with --inherit-fd fd[N]:socket:[{state.Inode}]");
    }

    private UnixSocketState? Refuse(OpenDescription description, string reason, string remedy)
    {
        _inspection.Refuse(description, reason, remedy);
        return null;
    }
}
