using System.Buffers.Binary;
using System.Net;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Linux;

/// <summary>A socket's address: one of the records below, by its family.</summary>
/// <param name="Family">AF_*; AF_UNSPEC when there are no bytes at all.</param>
public abstract record SocketName(int Family)
{
    /// <summary>From a <c>struct sockaddr</c> as the kernel gives it, with its real length. Never fails: what is not understood becomes an <see cref="OtherSocketName"/>.</summary>
    public static SocketName Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
            return new OtherSocketName(AF_UNSPEC, bytes.ToArray());
        int family = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        return family switch
        {
            AF_UNIX => UnixSocketName.FromPath(bytes[2..]),
            AF_INET when bytes.Length >= 8 =>
                new InetSocketName(family, new IPAddress(bytes.Slice(4, 4)), Port(bytes), 0, 0),
            AF_INET6 when bytes.Length >= 24 => new InetSocketName(
                family,
                new IPAddress(bytes.Slice(8, 16)),
                Port(bytes),
                BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
                bytes.Length >= 28 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]) : 0),
            _ => new OtherSocketName(family, bytes.ToArray()),
        };
    }

    private static int Port(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
}

/// <summary>A Unix socket's name, see unix(7).</summary>
/// <param name="Name">The path without the NUL at its end; or the abstract name without its NUL at the start, in which any byte may occur; or nothing.</param>
/// <param name="IsAbstract">In the abstract namespace.</param>
public sealed record UnixSocketName(ReadOnlyMemory<byte> Name, bool IsAbstract) : SocketName(AF_UNIX)
{
    /// <summary>True for a socket that is bound to nothing.</summary>
    public bool IsUnnamed => Name.IsEmpty && !IsAbstract;

    /// <summary>The name as text.</summary>
    public string Text => PathText.Decode(Name.Span);

    /// <summary>From sun_path, with its real length.</summary>
    internal static UnixSocketName FromPath(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return new UnixSocketName(ReadOnlyMemory<byte>.Empty, false);
        if (path[0] == 0)
            return new UnixSocketName(path[1..].ToArray(), true);
        int end = path.IndexOf((byte)0);
        return new UnixSocketName((end < 0 ? path : path[..end]).ToArray(), false);
    }

    public bool Equals(UnixSocketName? other) =>
        other is not null && IsAbstract == other.IsAbstract && Name.Span.SequenceEqual(other.Name.Span);

    public override int GetHashCode() => HashCode.Combine(IsAbstract, Text);

    public override string ToString() => IsAbstract ? "@" + Text.Replace('\0', '@') : Text;
}

/// <summary>An address of IPv4 or IPv6.</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="Address">The address, without its scope.</param>
/// <param name="Port">In the host's order.</param>
/// <param name="FlowInfo">sin6_flowinfo.</param>
/// <param name="ScopeId">sin6_scope_id: an interface index for link-local addresses.</param>
public sealed record InetSocketName(int Family, IPAddress Address, int Port, uint FlowInfo, uint ScopeId) : SocketName(Family)
{
    public override string ToString() => Family == AF_INET ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}

/// <summary>An address of any other family.</summary>
/// <param name="Family">AF_*.</param>
/// <param name="Bytes">The whole <c>struct sockaddr</c>.</param>
public sealed record OtherSocketName(int Family, ReadOnlyMemory<byte> Bytes) : SocketName(Family)
{
    public override string ToString() => $"family {Family}";
}
