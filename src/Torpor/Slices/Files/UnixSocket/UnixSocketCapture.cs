using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Reads the Unix sockets of a process, and decides which of them can be made again.</summary>
internal sealed class UnixSocketCapture
{
    private readonly FileInspection _inspection;
    private readonly SortedDictionary<ulong, (OpenDescription Description, UnixSocketInfo Info)> _sockets = [];
    private readonly List<UnixSocketState> _external = [];

    public UnixSocketCapture(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        _inspection = inspection;
        using SockDiag diag = SockDiag.Open();
        foreach (OpenDescription description in descriptions)
        {
            if (diag.FindUnix(description.Status.Inode) is { } info)
                _sockets.Add(description.Status.Inode, (description, info));
            else
                inspection.Refuse(description, "is a Unix socket that sock_diag does not know: it belongs to another network namespace, or the kernel lacks unix_diag",
                    "load the module unix_diag, or run in the socket's network namespace");
        }
    }

    public void Run()
    {
        foreach ((OpenDescription description, UnixSocketInfo info) in _sockets.Values)
        {
            using Fd duplicate = _inspection.Duplicate(description);
            if (!_inspection.TryOwner(description, out SignalOwner owner))
                continue;
            if (!SocketSettings.TryCapture(duplicate, out SkOptsEntry settings, out string reason))
            {
                _inspection.Refuse(description, reason, "let the process remove it");
                continue;
            }
            var state = new UnixSocketState
            {
                Inode = (uint)info.Inode,
                Type = (uint)info.Type,
                State = (uint)info.State,
                Flags = (uint)description.Flags,
                Owner = owner,
                Settings = settings,
                Shutdown = (uint)info.Shutdown,
            };
            if (TryDescribe(description, info, duplicate, state) is not { } whole)
                continue;
            _inspection.Add(description, UnixSocketImage.ToEntry(whole));
            if (!whole.Outside)
                CaptureQueue(description, info, duplicate);
        }
        foreach (UnixSocketState external in _external)
        {
            FileEntry entry = UnixSocketImage.ToEntry(external);
            _inspection.Images.AddFile(entry);
            FileEntryIds.Repeat(entry);
        }
    }

    /// <summary>Adds what depends on the socket's role; null when it was refused.</summary>
    private UnixSocketState? TryDescribe(OpenDescription description, UnixSocketInfo info, Fd duplicate, UnixSocketState state)
    {
        if (HasDescriptorsInQueue(description))
        {
            _inspection.Refuse(description, "holds descriptors in its queue that were sent to it (SCM_RIGHTS)", "try again once the process has received them");
            return null;
        }
        if (!UnixSocketNames.TryCapture(_inspection, description, info, ref state))
            return null;
        if (info.State == TCP_LISTEN)
            return Listener(description, info, state);
        if (info.PeerInode is not { } peer)
            return state;
        if (peer == 0)
            return info.Shutdown == 3 || info.Type == SOCK_DGRAM ? state : RefuseWaiting(description);
        if (_sockets.TryGetValue(peer, out var partner))
            return Paired(description, info, partner.Info, state);
        return Outside(description, peer, duplicate, state);
    }

    private UnixSocketState? RefuseWaiting(OpenDescription description)
    {
        _inspection.Refuse(description, "waits to be accepted by a listening socket", "try again once the connection is accepted");
        return null;
    }

    private UnixSocketState? Listener(OpenDescription description, UnixSocketInfo info, UnixSocketState state)
    {
        if (info.ReceiveQueue > 0)
        {
            _inspection.Refuse(description, $"has {info.ReceiveQueue} connections that wait to be accepted", "try again once the process has accepted them");
            return null;
        }
        return state with { Backlog = info.SendQueue };
    }

    /// <summary>Both ends are inside: made by socketpair(2), or by connect(2) to a listening socket of the process itself.</summary>
    private UnixSocketState? Paired(OpenDescription description, UnixSocketInfo info, UnixSocketInfo partner, UnixSocketState state)
    {
        state = state with { Peer = (uint)partner.Inode };
        bool mutual = partner.PeerInode == info.Inode;
        bool named = info.Name is { IsUnnamed: false };
        bool partnerNamed = partner.Name is { IsUnnamed: false };
        if (info.Type == SOCK_DGRAM)
        {
            if ((mutual && !named && !partnerNamed) || partnerNamed || (mutual && named))
                return state;
            _inspection.Refuse(description, "is connected to a datagram socket without a name that is connected elsewhere", "let the process close it first");
            return null;
        }
        if ((!named && !partnerNamed) || (named && HasListener(info.Name!)) || (partnerNamed && HasListener(partner.Name!)))
            return state;
        _inspection.Refuse(description, $"was accepted at {(named ? info.Name : partner.Name)}, where the process does not listen any more", "let the process close it, or keep the listening socket");
        return null;
    }

    private bool HasListener(UnixSocketName name) => _sockets.Values.Any(socket => socket.Info.State == TCP_LISTEN && name.Equals(socket.Info.Name));

    private UnixSocketState? Outside(OpenDescription description, ulong peer, Fd duplicate, UnixSocketState state)
    {
        CheckpointOptions options = _inspection.Options;
        state = state with { Peer = (uint)peer };
        if (options.InheritStandardStreams && description.IsStandardStream)
        {
            string stream = StandardStreams.NameOf(description.Slots[0].Number);
            int unread = FileCalls.BytesReadable(duplicate);
            _inspection.Note($"{stream} is a socket to another process: after a restore it is the restorer's own {stream}"
                + (unread > 0 ? $"; {unread} bytes that wait unread in it stay behind" : ""));
            return state with { Outside = true };
        }
        if (state.Type == SOCK_DGRAM && SocketCalls.GetPeerName(duplicate) is UnixSocketName { IsUnnamed: false } name)
        {
            _inspection.Note($"{description} sends to {name}, and connects there again after a restore");
            _external.Add(new UnixSocketState
            {
                Inode = (uint)peer,
                Type = state.Type,
                State = TCP_CLOSE,
                Flags = 0,
                Name = UnixSocketNames.Raw(name),
                IsExternal = true,
            });
            return state;
        }
        if (options.External.Contains($"unix[{state.Inode}]") || options.External.Contains($"unix[{peer}]"))
            return state;
        _inspection.Refuse(description, "is connected to a socket of another process",
            $"let the process close the connection, or pass --external unix[{peer}] and give restore another with --inherit-fd fd[N]:socket:[{state.Inode}]");
        return null;
    }

    /// <summary>The kernel tells since Linux 5.9; before that, none is seen, and the socket's peek would stop short.</summary>
    private static bool HasDescriptorsInQueue(OpenDescription description) => description.Info.Field("scm_fds") is { } count && count != "0";

    /// <summary>Copies what was sent to the socket and not yet received.</summary>
    private void CaptureQueue(OpenDescription description, UnixSocketInfo info, Fd duplicate)
    {
        if (info.State == TCP_LISTEN || (FileCalls.Poll(duplicate, Torpor.Linux.Uapi.Poll.POLLIN) & Torpor.Linux.Uapi.Poll.POLLIN) == 0)
            return;
        if (info.Type == SOCK_STREAM)
        {
            int length = FileCalls.BytesReadable(duplicate);
            byte[] data = new byte[length];
            int peeked = length == 0 ? 0 : SocketCalls.PeekStream(duplicate, data);
            if (peeked != length)
                _inspection.Refuse(description, $"holds {length} bytes of which only {peeked} can be copied", "try again once the process has received them");
            else if (length > 0)
                AddPacket(description, data);
            return;
        }
        bool hasSender = info.PeerInode is { } peer && (peer == 0 || HasPairedSender(info, peer));
        IReadOnlyList<QueuedMessage> messages = SocketCalls.PeekMessages(duplicate);
        foreach (QueuedMessage message in messages)
        {
            using (message)
            {
                if (hasSender)
                    AddPacket(description, message.Data);
            }
        }
        if (messages.Count > 0 && !hasSender)
            _inspection.Refuse(description, $"holds {messages.Count} datagrams of other sockets", "try again once the process has received them");
    }

    /// <summary>Restore can send again only through a partner made by the same call.</summary>
    private bool HasPairedSender(UnixSocketInfo info, ulong peer) =>
        _sockets.TryGetValue(peer, out var partner) && partner.Info.PeerInode == info.Inode
        && (info.Type != SOCK_DGRAM || (info.Name is not { IsUnnamed: false } && partner.Info.Name is not { IsUnnamed: false }));

    private void AddPacket(OpenDescription description, byte[] data) =>
        _inspection.Images.SocketPackets.Add((new SkPacketEntry { IdFor = description.Id, Length = (uint)data.Length }, data));
}
