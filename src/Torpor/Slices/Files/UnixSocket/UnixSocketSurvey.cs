using Torpor.Linux;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>The Unix sockets among the descriptors, as sock_diag(7) knows them.</summary>
internal sealed class UnixSocketSurvey
{
    private readonly SortedDictionary<ulong, (OpenDescription Description, UnixSocketInfo Info)> _sockets = [];

    /// <summary>For each socket that waits to be accepted: the one that has to accept it.</summary>
    private readonly Dictionary<ulong, ulong> _waiting = [];

    private HashSet<UnixSocketName>? _names;

    public UnixSocketSurvey(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        using SockDiag diag = SockDiag.Open();
        foreach (OpenDescription description in descriptions)
        {
            if (diag.FindUnix(description.Status.Inode) is not { } info)
            {
                inspection.Refuse(description, "is a Unix socket that sock_diag does not know: it belongs to another network namespace, or the kernel lacks unix_diag",
                    "load the module unix_diag, or run in the socket's network namespace");
                continue;
            }
            _sockets.Add(info.Inode, (description, info));
            foreach (uint client in info.Pending)
                _waiting[client] = info.Inode;
        }
    }

    public IEnumerable<(OpenDescription Description, UnixSocketInfo Info)> All => _sockets.Values;

    public (OpenDescription Description, UnixSocketInfo Info)? Find(ulong inode) => _sockets.TryGetValue(inode, out var found) ? found : null;

    /// <summary>The listening socket that has yet to accept this one; null when there is none.</summary>
    public ulong? ListenerOf(ulong inode) => _waiting.TryGetValue(inode, out ulong listener) ? listener : null;

    /// <summary>Whether a socket with the name of this one listens, with the same file if it has one.</summary>
    public bool HasListener(UnixSocketInfo accepted) => _sockets.Values.Any(socket =>
        socket.Info.State == TCP_LISTEN && socket.Info.Type == accepted.Type && socket.Info.VfsInode == accepted.VfsInode && accepted.Name!.Equals(socket.Info.Name));

    /// <summary>Whether any socket of this network namespace has the name.</summary>
    public bool IsTaken(UnixSocketName name)
    {
        if (_names is null)
        {
            using SockDiag diag = SockDiag.Open();
            _names = [.. diag.ListUnix().Where(socket => socket.Name is not null).Select(socket => socket.Name!)];
        }
        return _names.Contains(name);
    }
}
