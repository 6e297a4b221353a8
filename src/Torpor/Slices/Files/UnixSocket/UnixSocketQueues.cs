using Torpor.Linux;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Copies what was sent to sockets and not yet received.</summary>
internal sealed class UnixSocketQueues(FileInspection inspection, UnixSocketSurvey survey)
{
    private readonly List<(SkPacketEntry Packet, IReadOnlyList<OpenDescription> Sent)> _rights = [];

    /// <summary>Names the descriptions that travel in queues, once all have their ids.</summary>
    public void Complete()
    {
        foreach ((SkPacketEntry packet, IReadOnlyList<OpenDescription> sent) in _rights)
        {
            var entry = new ScmEntry { Type = SCM_RIGHTS };
            entry.Rights.AddRange(sent.Select(description => description.Id));
            packet.Scm.Add(entry);
        }
    }

    public void Capture(OpenDescription description, UnixSocketInfo info, UnixSocketState state, Fd duplicate)
    {
        if (state.IsListening)
            return;
        short events = FileCalls.Poll(duplicate, POLLIN | POLLPRI);
        if ((events & POLLPRI) != 0)
            inspection.Refuse(description, "holds a byte that was sent out of band (MSG_OOB)", "try again once the process has received it");
        else if ((events & POLLIN) == 0)
            return;
        else if (state.Type == SOCK_STREAM)
            CaptureStream(description, state, duplicate);
        else if (state.IsReset && info.ReceiveQueue > 0)
            inspection.Refuse(description, "holds messages behind an error that waits to be reported (ECONNRESET)", "try again once the process has received them");
        else if (!state.IsReset)
            CaptureMessages(description, info, state, duplicate);
    }

    private void CaptureStream(OpenDescription description, UnixSocketState state, Fd duplicate)
    {
        int length = FileCalls.BytesReadable(duplicate);
        if (length == 0)
            return;
        int peeked = 0;
        // In one go where no receiver could see where a message ends, and a peek starts at the start.
        if (state.Settings.SoPasscred || description.HasDescriptorsInQueue || state.Options.Any(option => option.Name == SO_PEEK_OFF))
        {
            foreach (QueuedMessage segment in SocketCalls.PeekSegments(duplicate, length))
            {
                using (segment)
                {
                    Add(description, segment, null);
                    peeked += segment.Data.Length;
                }
            }
        }
        else
        {
            byte[] data = new byte[length];
            peeked = SocketCalls.PeekStream(duplicate, data);
            using var whole = new QueuedMessage(data, null, 0, [], []);
            Add(description, whole, null);
        }
        if (peeked != length)
            inspection.Refuse(description, $"holds {length} bytes of which only {peeked} can be copied", "try again once the process has received them");
    }

    private void CaptureMessages(OpenDescription description, UnixSocketInfo info, UnixSocketState state, Fd duplicate)
    {
        foreach (QueuedMessage message in SocketCalls.PeekMessages(duplicate))
        {
            using (message)
            {
                if (!state.IsDatagram)
                    Add(description, message, null);
                else if (message.Sender is UnixSocketName { IsUnnamed: false } name)
                    AddFrom(description, message, name);
                else
                    Add(description, message, UnnamedSender(info));
            }
        }
    }

    private void AddFrom(OpenDescription description, QueuedMessage message, UnixSocketName name)
    {
        // Of several with one name, all but the last have lost their file; the one with something on its way is meant.
        ulong? sender = survey.All.Where(socket => socket.Info.Type == SOCK_DGRAM && name.Equals(socket.Info.Name))
            .OrderByDescending(socket => socket.Info.SendQueue)
            .Select(socket => (ulong?)socket.Info.Inode)
            .FirstOrDefault();
        if (sender is null && survey.IsTaken(name))
            inspection.Refuse(description, $"holds a datagram from {name}, a socket of another process", "try again once the process has received it");
        else
            Add(description, message, sender, name);
    }

    /// <summary>A datagram socket without a name sends to its peer, or by address.</summary>
    private ulong? UnnamedSender(UnixSocketInfo receiver)
    {
        var candidates = survey.All
            .Where(socket => socket.Info is { Type: SOCK_DGRAM, SendQueue: > 0 } && socket.Info.Name is not { IsUnnamed: false })
            .Select(socket => socket.Info)
            .ToList();
        return (candidates.Find(socket => socket.PeerInode == receiver.Inode || socket.Inode == receiver.PeerInode)
            ?? candidates.Find(socket => socket.PeerInode is null))?.Inode;
    }

    private void Add(OpenDescription description, QueuedMessage message, ulong? sender, UnixSocketName? gone = null)
    {
        var packet = new SkPacketEntry { IdFor = description.Id, Length = (uint)message.Data.Length };
        if (sender is { } inode)
            packet.TorporSender = (uint)inode;
        else if (gone is not null)
            packet.TorporSenderName = UnixSocketImage.ToBytes(UnixSocketNames.Raw(gone));
        // Pid zero: it was sent without credentials, and whoever asks for them gets nobody's.
        if (message.Credentials is { Pid: not 0 } credentials)
        {
            if (inspection.Tree.Find(new Pid(credentials.Pid)) is not { } process)
            {
                inspection.Refuse(description, $"holds a message with the credentials of process {credentials.Pid}, which is none of the processes", "try again once the process has received it");
                return;
            }
            packet.Ucred = new SkUcredEntry { Pid = process.InnerPid, Uid = credentials.Uid, Gid = credentials.Gid };
        }
        if (message.Descriptors.Count > 0)
            _rights.Add((packet, description.Queued.Dequeue()));
        inspection.Images.SocketPackets.Add((packet, message.Data));
    }
}
