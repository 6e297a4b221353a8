using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>The permissions of a socket's file.</summary>
internal sealed record SocketFile(uint Mode, uint Uid, uint Gid);

/// <summary>A Unix socket, see unix(7).</summary>
internal sealed record UnixSocketState
{
    /// <summary>Its inode, by which peers name each other.</summary>
    public required uint Inode { get; init; }

    /// <summary>SOCK_*.</summary>
    public required uint Type { get; init; }

    /// <summary>TCP_ESTABLISHED, TCP_LISTEN or TCP_CLOSE.</summary>
    public required uint State { get; init; }

    /// <summary>O_*.</summary>
    public required uint Flags { get; init; }

    public uint Backlog { get; init; }

    /// <summary>The peer's inode, or that of the listening socket that has yet to accept; zero when there is none, or it is gone.</summary>
    public uint Peer { get; init; }

    public SignalOwner Owner { get; init; } = SignalOwner.Nobody;

    public SkOptsEntry Settings { get; init; } = new();

    /// <summary>sun_path: a path, or an abstract name that starts with NUL; empty when it is bound to nothing.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>1 when receiving is shut down, 2 sending, 3 both.</summary>
    public uint Shutdown { get; init; }

    public SocketFile? File { get; init; }

    /// <summary>What a relative name is relative to.</summary>
    public string? NameDirectory { get; init; }

    /// <summary>The socket's file was unlinked.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>A socket of another process, here only as a peer to connect to.</summary>
    public bool IsExternal { get; init; }

    /// <summary>The peer lives outside, and the standard streams among its descriptors get the restorer's own.</summary>
    public bool Outside { get; init; }

    /// <summary>Of a listening socket: the inodes of those that wait to be accepted, the first first. Their peer is this one.</summary>
    public IReadOnlyList<uint> Waiting { get; init; } = [];

    /// <summary>The name of the peer that has closed, empty for one without a name; null when there never was one.</summary>
    public byte[]? ClosedPeer { get; init; }

    /// <summary>The peer closed before it had received everything: the next call reports ECONNRESET.</summary>
    public bool IsReset { get; init; }

    /// <summary>Options beyond those that sockets of every family have.</summary>
    public IReadOnlyList<(int Name, int Value)> Options { get; init; } = [];

    public bool IsNamed => Name.Length > 0;

    public bool IsPath => Name.Length > 0 && Name[0] != 0;

    public bool IsAbstract => Name.Length > 0 && Name[0] == 0;

    public bool IsDatagram => Type == SOCK_DGRAM;

    public bool IsListening => State == TCP_LISTEN;

    public bool HasName(byte[] name) => IsNamed && Name.AsSpan().SequenceEqual(name);
}
