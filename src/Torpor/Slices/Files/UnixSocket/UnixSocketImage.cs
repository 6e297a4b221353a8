using Google.Protobuf;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>The state in files.img.</summary>
internal static class UnixSocketImage
{
    /// <summary>In uflags: the socket belongs to a process outside.</summary>
    private const uint USK_EXTERN = 1;

    public static FileEntry ToEntry(UnixSocketState state)
    {
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
            Name = ToBytes(state.Name),
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
        message.TorporWaiting.AddRange(state.Waiting);
        if (state.ClosedPeer is { } closed)
            message.TorporClosedPeer = ToBytes(closed);
        if (state.IsReset)
            message.TorporReset = true;
        foreach ((int option, int value) in state.Options)
            message.TorporOptions.Add(new TorporSocketOption { Level = SOL_SOCKET, Name = (uint)option, Value = ByteString.CopyFrom(BitConverter.GetBytes(value)) });
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
            Name = FromBytes(message.Name, entry.Id),
            Shutdown = (uint)message.Shutdown & 3,
            File = message.FilePerms is { } file ? new SocketFile(file.Mode, file.Uid, file.Gid) : null,
            NameDirectory = message.HasNameDir && message.NameDir.Length > 0 ? message.NameDir : null,
            IsDeleted = message.Deleted,
            IsExternal = (message.Uflags & USK_EXTERN) != 0,
            Outside = message.TorporOutside,
            Waiting = [.. message.TorporWaiting],
            ClosedPeer = message.HasTorporClosedPeer ? FromBytes(message.TorporClosedPeer, entry.Id) : null,
            IsReset = message.TorporReset,
            Options = [.. message.TorporOptions.Select(option => Option(option, entry.Id))],
        };
    }

    private static (int, int) Option(TorporSocketOption option, uint id)
    {
        if (option.Level != SOL_SOCKET || option.Value.Length != sizeof(int))
            throw FileRestore.Damaged($"an option of the Unix socket with file id {id} has level {option.Level} and {option.Value.Length} bytes");
        return ((int)option.Name, BitConverter.ToInt32(option.Value.Span));
    }

    /// <summary>CRIU keeps the NUL at the end of a path, as the kernel does.</summary>
    public static ByteString ToBytes(byte[] name) => name.Length > 0 && name[0] != 0 ? ByteString.CopyFrom([.. name, 0]) : ByteString.CopyFrom(name);

    public static byte[] FromBytes(ByteString bytes, uint id)
    {
        byte[] name = bytes.ToByteArray();
        int end = name.Length > 0 && name[0] != 0 ? Array.IndexOf(name, (byte)0) : -1;
        if (end >= 0)
            name = name[..end];
        return name.Length > MaximumName ? throw FileRestore.Damaged($"the name of the Unix socket with file id {id} has {name.Length} bytes") : name;
    }

    /// <summary>The size of sun_path.</summary>
    public const int MaximumName = 108;
}
