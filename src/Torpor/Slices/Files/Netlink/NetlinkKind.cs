using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Netlink;
using static Torpor.Linux.Uapi.Poll;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.Netlink;

/// <summary>Netlink sockets with their address and their groups. What is under way is refused: an answer can't be had twice.</summary>
internal sealed class NetlinkKind : IFileKind
{
    private static readonly int[] s_options =
    [
        NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS, NETLINK_LISTEN_ALL_NSID, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK,
    ];

    public FdTypes? Restores => FdTypes.Netlinksk;

    public bool Recognizes(OpenDescription description) => description.Socket is { Family: AF_NETLINK };

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            using Fd duplicate = inspection.Duplicate(description);
            short events = FileCalls.Poll(duplicate, POLLIN);
            if ((events & (POLLIN | POLLERR)) != 0)
            {
                inspection.Refuse(description, (events & POLLIN) != 0
                    ? "is a netlink socket with messages that were not received yet"
                    : "is a netlink socket that has lost messages, and has yet to report it (ENOBUFS)", "try again once the process has received them");
                continue;
            }
            (uint port, _) = Address(SocketCalls.GetRawName(duplicate));
            if (description.Socket!.Value.Protocol == NETLINK_NETFILTER && HasNetfilterState(description, port))
            {
                inspection.Refuse(description, "is a netlink socket that netfilter hands packets to (NFQUEUE or NFLOG)", "let the process close it first");
                continue;
            }
            if (!inspection.TrySocket(description, duplicate, out SignalOwner owner, out SkOptsEntry settings))
                continue;
            (uint peerPort, uint peerGroup) = Address(SocketCalls.GetRawPeerName(duplicate));
            inspection.Add(description, NetlinkImage.ToEntry(new NetlinkState
            {
                Inode = (uint)description.Status.Inode,
                Type = (uint)description.Socket.Value.Type,
                Protocol = (uint)description.Socket.Value.Protocol,
                Flags = (uint)description.Flags,
                Port = port,
                Groups = Groups(duplicate),
                PeerPort = peerPort,
                PeerGroup = peerGroup,
                Owner = owner,
                Settings = settings,
                Options = [.. s_options.Where(option => SocketCalls.TryGetOption(duplicate, SOL_NETLINK, option, out int value, out _) && value != 0)],
            }));
        }
    }

    /// <summary>struct sockaddr_nl: u16 family, u16 pad, u32 port, u32 groups.</summary>
    private static (uint Port, uint Groups) Address(ReadOnlySpan<byte> name) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(name[4..]), BinaryPrimitives.ReadUInt32LittleEndian(name[8..]));

    private static uint[] Groups(Fd socket)
    {
        // The kernel tells the size that it needs, and fills what there is.
        byte[] words = new byte[8192];
        ReadOnlySpan<byte> groups = SocketCalls.GetOption(socket, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, words);
        ReadOnlySpan<uint> all = MemoryMarshal.Cast<byte, uint>(groups);
        int end = all.LastIndexOfAnyExcept(0u) + 1;
        return all[..end].ToArray();
    }

    /// <summary>Lines of numbers; the second is the socket's address. Only who may use netfilter can read them.</summary>
    private static bool HasNetfilterState(OpenDescription description, uint port)
    {
        foreach (string name in (string[])["net/netfilter/nfnetlink_queue", "net/netfilter/nfnetlink_log"])
        {
            if (!description.Process.Proc.Exists(name))
                continue;
            try
            {
                foreach (string line in description.Process.Proc.ReadText(name).Split('\n'))
                {
                    string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    if (fields.Length > 1 && fields[1] == $"{port}")
                        return true;
                }
            }
            catch (LinuxException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
            {
                return false;
            }
        }
        return false;
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            NetlinkState state = NetlinkImage.FromEntry(description.Entry);
            if (restore.TryInherit(description, $"socket:[{state.Inode}]"))
                continue;
            CheckPort(state, description);
            int fd = restore.Table.Open(restore.Program, $"create netlink socket ({description})", SyscallNumber.socket, AF_NETLINK, state.Type | SOCK_CLOEXEC, state.Protocol);
            SocketSettings.Compile(restore.Program, state.Settings, fd, description.Label);
            foreach (int option in state.Options)
                SocketSettings.Set(restore.Program, fd, SOL_NETLINK, option, BitConverter.GetBytes(1), description.Label);
            Connect(restore.Program, state, fd, description);
            restore.SetFlags(fd, state.Flags, 0, description.Label);
            state.Owner.Compile(restore, description);
            restore.Place(fd, description);
        }
    }

    private static void Connect(SyscallProgram program, NetlinkState state, int fd, RestoredDescription description)
    {
        uint low = state.Groups.Count > 0 ? state.Groups[0] : 0;
        if (state.Port != 0)
            program.Call($"bind {description} to netlink port {state.Port}", SyscallNumber.bind, fd, program.Data(Name(state.Port, low)), 12);
        for (int word = state.Port != 0 ? 1 : 0; word < state.Groups.Count; word++)
        {
            for (int bit = 0; bit < 32; bit++)
            {
                if ((state.Groups[word] & (1u << bit)) != 0)
                    SocketSettings.Set(program, fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, BitConverter.GetBytes((word * 32) + bit + 1), description.Label);
            }
        }
        if (state.PeerPort != 0 || state.PeerGroup != 0)
            program.Call($"connect {description} to netlink port {state.PeerPort}", SyscallNumber.connect, fd, program.Data(Name(state.PeerPort, state.PeerGroup)), 12);
    }

    private static byte[] Name(uint port, uint groups)
    {
        byte[] name = new byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(name, AF_NETLINK);
        BinaryPrimitives.WriteUInt32LittleEndian(name.AsSpan(4), port);
        BinaryPrimitives.WriteUInt32LittleEndian(name.AsSpan(8), groups);
        return name;
    }

    /// <summary>Programs compare the port with the one that they were given, so it can't be another.</summary>
    private static void CheckPort(NetlinkState state, RestoredDescription description)
    {
        if (state.Port == 0)
            return;
        using Fd probe = SocketCalls.Open(AF_NETLINK, SOCK_RAW, (int)state.Protocol);
        byte[] name = Name(state.Port, 0);
        if (Syscall.Invoke(SyscallNumber.bind, probe, name, name.Length).Errno == Errno.EADDRINUSE)
        {
            throw new TorporException(FailureKind.RestoreFailed, $"another process has netlink port {state.Port}, which the process had itself ({description})",
                "end that process, or restore in a network namespace of its own");
        }
    }
}
