using System.Buffers.Binary;
using System.Net;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.InetSocket;

/// <summary>A socket to bring back.</summary>
internal sealed record InetEndpoint(RestoredDescription Description, InetSocketState State, TcpStream? Stream)
{
    public string Label => Description.Label;

    /// <summary>Both addresses and ports; equal to the other end's <see cref="Mirrored"/>.</summary>
    public (IPAddress, int, IPAddress, int) Path => (TcpConnection.Plain(State.LocalAddress), State.LocalPort, TcpConnection.Plain(State.RemoteAddress), State.RemotePort);

    public (IPAddress, int, IPAddress, int) Mirrored => (TcpConnection.Plain(State.RemoteAddress), State.RemotePort, TcpConnection.Plain(State.LocalAddress), State.LocalPort);

    /// <summary>Puts a <c>struct sockaddr_in</c> or <c>sockaddr_in6</c> into a program's data.</summary>
    public static DataReference Name(SyscallProgram program, IPAddress address, int port, out int length)
    {
        byte[] bytes = address.GetAddressBytes();
        bool four = bytes.Length == 4;
        length = four ? 16 : 28;
        Span<byte> name = stackalloc byte[length];
        name.Clear();
        BitConverter.TryWriteBytes(name, (ushort)(four ? AF_INET : AF_INET6));
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)port);
        bytes.CopyTo(name[(four ? 4 : 8)..]);
        return program.Data(name);
    }
}
