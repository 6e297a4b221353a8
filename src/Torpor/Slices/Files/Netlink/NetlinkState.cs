using Google.Protobuf;
using static Torpor.Linux.Uapi.Netlink;

namespace Torpor.Slices.Files.Netlink;

/// <summary>A netlink socket, see netlink(7).</summary>
internal sealed record NetlinkState
{
    public required uint Inode { get; init; }

    /// <summary>SOCK_RAW or SOCK_DGRAM, which are the same to the kernel but for SO_TYPE.</summary>
    public required uint Type { get; init; }

    /// <summary>NETLINK_*.</summary>
    public required uint Protocol { get; init; }

    /// <summary>O_*.</summary>
    public required uint Flags { get; init; }

    /// <summary>Its own address; zero when it has none yet.</summary>
    public uint Port { get; init; }

    /// <summary>The multicast groups it belongs to, a bit each, 32 a word.</summary>
    public IReadOnlyList<uint> Groups { get; init; } = [];

    /// <summary>The address it is connected to; zero for the kernel.</summary>
    public uint PeerPort { get; init; }

    /// <summary>The groups it is connected to, as bits.</summary>
    public uint PeerGroup { get; init; }

    public SignalOwner Owner { get; init; } = SignalOwner.Nobody;

    public SkOptsEntry Settings { get; init; } = new();

    /// <summary>Options of netlink's own that are on.</summary>
    public IReadOnlyList<int> Options { get; init; } = [];
}

/// <summary>The state in files.img.</summary>
internal static class NetlinkImage
{
    /// <summary>More words of groups than any protocol has.</summary>
    private const int MaximumGroups = 1 << 11;

    public static FileEntry ToEntry(NetlinkState state)
    {
        var message = new NetlinkSkEntry
        {
            Ino = state.Inode,
            Protocol = state.Protocol,
            State = state.PeerPort != 0 || state.PeerGroup != 0 ? 1u : 0,
            Flags = state.Flags,
            Portid = state.Port,
            DstPortid = state.PeerPort,
            DstGroup = state.PeerGroup,
            Fown = state.Owner.ToEntry(),
            Opts = state.Settings,
            TorporType = state.Type,
        };
        message.Groups.AddRange(state.Groups);
        foreach (int option in state.Options)
            message.TorporOptions.Add(new TorporSocketOption { Level = SOL_NETLINK, Name = (uint)option, Value = ByteString.CopyFrom(1, 0, 0, 0) });
        return new FileEntry { Type = FdTypes.Netlinksk, Nlsk = message };
    }

    public static NetlinkState FromEntry(FileEntry entry)
    {
        NetlinkSkEntry message = entry.Nlsk ?? throw FileRestore.Damaged($"file id {entry.Id} is a netlink socket without its state");
        if (message.Groups.Count > MaximumGroups)
            throw FileRestore.Damaged($"the netlink socket with file id {entry.Id} has {message.Groups.Count} words of groups");
        return new NetlinkState
        {
            Inode = message.Ino,
            Type = message.HasTorporType ? message.TorporType : Torpor.Linux.Uapi.Socket.SOCK_RAW,
            Protocol = message.Protocol,
            Flags = message.Flags,
            Port = message.Portid,
            Groups = [.. message.Groups],
            PeerPort = message.DstPortid,
            PeerGroup = message.DstGroup,
            Owner = SignalOwner.FromEntry(message.Fown),
            Settings = message.Opts ?? new SkOptsEntry(),
            Options = [.. message.TorporOptions.Select(option => (int)option.Name)],
        };
    }
}
