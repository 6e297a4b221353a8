using Torpor.Model;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Unix sockets: pairs, listening ones, connections of the process with itself, datagram sockets.</summary>
internal sealed class UnixSocketKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Unixsk;

    public bool Recognizes(OpenDescription description) => description.Socket is { Family: AF_UNIX };

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        var capture = new UnixSocketCapture(inspection, descriptions);
        capture.Run();
        inspection.Tree.State.Set(capture.Queues);
    }

    public void Capture(CaptureTree tree)
    {
        if (tree.State.TryGet(out UnixSocketQueues? queues))
            queues.Complete();
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        var graph = new UnixSocketGraph();
        var byId = new Dictionary<uint, UnixEndpoint>();
        foreach (RestoredDescription description in descriptions)
        {
            UnixSocketState state = UnixSocketImage.FromEntry(description.Entry);
            if (restore.TryInherit(description, $"socket:[{state.Inode}]", $"unix[{state.Inode}]"))
                continue;
            if (state.Outside)
                StandardStreams.Rehome(restore, description, writes: description.Slots.Exists(slot => slot.Number is 1 or 2));
            else
                byId.Add(description.Id, graph.Add(state, description));
        }
        AddExternal(restore, graph);
        foreach ((SkPacketEntry packet, byte[] data) in restore.Images.SocketPackets)
        {
            if (byId.TryGetValue(packet.IdFor, out UnixEndpoint? receiver))
                receiver.Queue.Add(new UnixMessage(packet, data));
        }
        if (byId.Count == 0)
            return;
        graph.Resolve();
        new UnixSocketRestore(restore, graph).Run();
    }

    private static void AddExternal(FileRestore restore, UnixSocketGraph graph)
    {
        foreach (FileEntry entry in restore.Images.Files.Values)
        {
            if (entry.Type != FdTypes.Unixsk || UnixSocketImage.FromEntry(entry) is not { IsExternal: true } state)
                continue;
            if (!restore.Options.ExternalUnixSockets)
            {
                throw new TorporException(FailureKind.Refused, $"the process sent to {UnixSocketNames.Show(state.Name)}, a socket of another process",
                    "pass --ext-unix-sk to connect there again");
            }
            graph.AddExternal(state);
        }
    }
}
