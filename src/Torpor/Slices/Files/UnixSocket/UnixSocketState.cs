using Google.Protobuf;

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

    /// <summary>The peer's inode; zero when there is none, or it is gone.</summary>
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

    public bool IsNamed => Name.Length > 0;

    public bool IsAbstract => Name.Length > 0 && Name[0] == 0;
}

/// <summary>The state in files.img.</summary>
internal static class UnixSocketImage
{
    /// <summary>In uflags: the socket belongs to a process outside.</summary>
    private const uint USK_EXTERN = 1;

    public static FileEntry ToEntry(UnixSocketState state)
    {
        // CRIU keeps the NUL at the end of a path, as the kernel does.
        byte[] name = state.IsNamed && !state.IsAbstract ? [.. state.Name, 0] : state.Name;
        var message = new UnixSkEntry
        {
            Ino = state.Inode,
            Type = state.Type,
            State = state.State,
            Flags = state.Flags,
            Uflags = state.IsExternal ? USK_EXTERN : 0,
            Backlog = state.Backlog,
            Peer = state.Peer,
            Fown = state.Owner.ToEntry(),
            Opts = state.Settings,
            Name = ByteString.CopyFrom(name),
        };
        if (state.Shutdown != 0)
            message.Shutdown = (SkShutdown)state.Shutdown;
        if (state.File is { } file)
            message.FilePerms = new FilePermsEntry { Mode = file.Mode, Uid = file.Uid, Gid = file.Gid };
        if (state.NameDirectory is not null)
            message.NameDir = state.NameDirectory;
        if (state.IsDeleted)
            message.Deleted = true;
        if (state.Outside)
            message.TorporOutside = true;
        return new FileEntry { Type = FdTypes.Unixsk, Usk = message };
    }

    public static UnixSocketState FromEntry(FileEntry entry)
    {
        UnixSkEntry message = entry.Usk ?? throw FileRestore.Damaged($"file id {entry.Id} is a Unix socket without its state");
        return new UnixSocketState
        {
            Inode = message.Ino,
            Type = message.Type,
            State = message.State,
            Flags = message.Flags,
            Backlog = message.Backlog,
            Peer = message.Peer,
            Owner = SignalOwner.FromEntry(message.Fown),
            Settings = message.Opts ?? new SkOptsEntry(),
            Name = Name(message.Name.ToByteArray(), entry.Id),
            Shutdown = (uint)message.Shutdown & 3,
            File = message.FilePerms is { } file ? new SocketFile(file.Mode, file.Uid, file.Gid) : null,
            NameDirectory = message.HasNameDir && message.NameDir.Length > 0 ? message.NameDir : null,
            IsDeleted = message.Deleted,
            IsExternal = (message.Uflags & USK_EXTERN) != 0,
            Outside = message.TorporOutside,
        };
    }

    private static byte[] Name(byte[] name, uint id)
    {
        if (name.Length > MaximumName)
            throw FileRestore.Damaged($"the name of the Unix socket with file id {id} has {name.Length} bytes");
        int end = name.Length > 0 && name[0] != 0 ? Array.IndexOf(name, (byte)0) : -1;
        return end < 0 ? name : name[..end];
    }

    /// <summary>The size of sun_path.</summary>
    public const int MaximumName = 108;
}
