using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;
using Torpor.Linux;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>An option as getsockopt(2) gives it.</summary>
internal sealed record SocketOption(int Level, int Name, byte[] Value);

/// <summary>A TCP or UDP socket, see tcp(7) and udp(7). What a connection holds is a <see cref="Model.TcpStream"/>.</summary>
internal sealed record InetSocketState
{
    public required uint Inode { get; init; }

    /// <summary>AF_INET or AF_INET6.</summary>
    public required int Family { get; init; }

    /// <summary>SOCK_*.</summary>
    public required int Type { get; init; }

    /// <summary>IPPROTO_*.</summary>
    public required int Protocol { get; init; }

    /// <summary>TCP_LISTEN, TCP_CLOSE, or TCP_ESTABLISHED for connected UDP.</summary>
    public required int State { get; init; }

    /// <summary>O_*.</summary>
    public required uint Flags { get; init; }

    public required IPAddress LocalAddress { get; init; }

    /// <summary>Zero when it is not bound.</summary>
    public required int LocalPort { get; init; }

    public required IPAddress RemoteAddress { get; init; }

    public required int RemotePort { get; init; }

    public int Backlog { get; init; }

    /// <summary>Of TCP: it comes back as a connection that has ended.</summary>
    public bool IsClosed { get; init; }

    /// <summary>Of one that has ended: the process has yet to be told of the error.</summary>
    public bool HasError { get; init; }

    /// <summary>Receiving was shut down by the process itself.</summary>
    public bool IsDeaf { get; init; }

    public bool IsStream => Type == SOCK_STREAM;

    /// <summary>A connection of TCP to bring back as such.</summary>
    public bool IsConnection => IsStream && !IsClosed && State is not (TCP_LISTEN or TCP_CLOSE);

    public SignalOwner Owner { get; init; } = SignalOwner.Nobody;

    public SkOptsEntry Settings { get; init; } = new();

    /// <summary>Null for AF_INET.</summary>
    public bool? V6Only { get; init; }

    /// <summary>What differs from a fresh socket beyond <see cref="Settings"/>.</summary>
    public IReadOnlyList<SocketOption> Options { get; init; } = [];
}

/// <summary>The state in files.img.</summary>
internal static class InetSocketImage
{
    public static FileEntry ToEntry(InetSocketState state)
    {
        var message = new InetSkEntry
        {
            Ino = state.Inode,
            Family = (uint)state.Family,
            Type = (uint)state.Type,
            Proto = (uint)state.Protocol,
            State = (uint)state.State,
            SrcPort = (uint)state.LocalPort,
            DstPort = (uint)state.RemotePort,
            Flags = state.Flags,
            Backlog = (uint)state.Backlog,
            Fown = state.Owner.ToEntry(),
            Opts = state.Settings,
        };
        message.SrcAddr.Add(Words(state.LocalAddress));
        message.DstAddr.Add(Words(state.RemoteAddress));
        if (state.IsClosed)
            message.TorporClosed = true;
        if (state.HasError)
            message.TorporError = true;
        bool silent = state.IsStream && TcpConnection.HasSentEnd(state.State);
        if (state.IsDeaf || silent)
            message.Shutdown = state.IsDeaf && silent ? SkShutdown.Both : silent ? SkShutdown.Write : SkShutdown.Read;
        if (state.V6Only is { } only)
            message.V6Only = only;
        foreach (SocketOption option in state.Options)
            message.TorporOptions.Add(new TorporSocketOption { Level = (uint)option.Level, Name = (uint)option.Name, Value = ByteString.CopyFrom(option.Value) });
        return new FileEntry { Type = FdTypes.Inetsk, Isk = message };
    }

    public static InetSocketState FromEntry(FileEntry entry)
    {
        InetSkEntry message = entry.Isk ?? throw FileRestore.Damaged($"file id {entry.Id} is an internet socket without its state");
        if (message.Family is not (AF_INET or AF_INET6) || message.SrcPort > ushort.MaxValue || message.DstPort > ushort.MaxValue)
            throw FileRestore.Damaged($"file id {entry.Id} is an internet socket of family {message.Family} with ports {message.SrcPort} and {message.DstPort}");
        int family = (int)message.Family;
        return new InetSocketState
        {
            Inode = message.Ino,
            Family = family,
            Type = (int)message.Type,
            Protocol = (int)message.Proto,
            State = (int)message.State,
            Flags = message.Flags,
            LocalAddress = Address(message.SrcAddr, family, entry.Id),
            LocalPort = (int)message.SrcPort,
            RemoteAddress = Address(message.DstAddr, family, entry.Id),
            RemotePort = (int)message.DstPort,
            Backlog = (int)Math.Min(message.Backlog, int.MaxValue),
            IsClosed = message.TorporClosed,
            HasError = message.TorporError,
            IsDeaf = message.Shutdown is SkShutdown.Read or SkShutdown.Both,
            Owner = SignalOwner.FromEntry(message.Fown),
            Settings = message.Opts ?? new SkOptsEntry(),
            V6Only = message.HasV6Only ? message.V6Only : null,
            Options = [.. message.TorporOptions.Select(option => new SocketOption((int)option.Level, (int)option.Name, option.Value.ToByteArray()))],
        };
    }

    /// <summary>CRIU has addresses as words in the order of memory.</summary>
    private static IEnumerable<uint> Words(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i += sizeof(uint))
            yield return BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i));
    }

    private static IPAddress Address(IReadOnlyList<uint> words, int family, uint id)
    {
        int wanted = family == AF_INET ? 1 : 4;
        if (words.Count == 0)
            return family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any;
        if (words.Count < wanted)
            throw FileRestore.Damaged($"file id {id} is an internet socket with an address of {words.Count} words");
        byte[] bytes = new byte[wanted * sizeof(uint)];
        for (int i = 0; i < wanted; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), words[i]);
        return new IPAddress(bytes);
    }
}
