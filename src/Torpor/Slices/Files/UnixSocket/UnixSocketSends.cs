using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Emits the calls that put messages back into queues.</summary>
internal sealed class UnixSocketSends(FileRestore restore, UnixSocketGraph graph, UnixSocketBinding binding)
{
    /// <summary>What the kernel may count for a message beside its bytes.</summary>
    private const int Overhead = 2048;

    /// <summary>Of the send buffer that every socket starts with: less than half of its default.</summary>
    private const int AlwaysFits = 64 << 10;

    private readonly Dictionary<UnixEndpoint, long> _toSend = graph.All.SelectMany(receiver => receiver.Queue)
        .GroupBy(message => message.Sender!)
        .ToDictionary(group => group.Key, group => group.Sum(message => (long)message.Data.Length + Overhead));

    private readonly HashSet<UnixEndpoint> _widened = [];
    private readonly Dictionary<uint, RestoredDescription> _byId = restore.All.ToDictionary(description => description.Id);

    /// <summary>What the calls are added to.</summary>
    public SyscallProgram Program { get; set; } = restore.Program;

    /// <summary>Lets a socket send all that is to come from it: it may have had a larger buffer, or be another one than it was.</summary>
    private void Widen(UnixEndpoint sender)
    {
        if (_toSend[sender] <= AlwaysFits || !_widened.Add(sender))
            return;
        // The kernel doubles what it is given, and cuts it to its limit, unless one may force it.
        byte[] value = BitConverter.GetBytes((int)Math.Min(_toSend[sender], int.MaxValue / 2));
        foreach (int option in (int[])[SO_SNDBUF, SO_SNDBUFFORCE])
        {
            Program.Call($"widen the send buffer of {sender.Label}", Expectation.Any, SyscallNumber.setsockopt,
                sender.Fd, SOL_SOCKET, option, Program.Data(value), value.Length);
        }
    }

    /// <summary>Puts a send buffer back that was widened and never set by the process itself.</summary>
    public void Narrow(UnixEndpoint endpoint)
    {
        SkOptsEntry settings = endpoint.State.Settings;
        if (!_widened.Contains(endpoint) || (settings.SoBufLock & 1) != 0)
            return;
        SocketSettings.Set(Program, endpoint.Fd, SO_SNDBUF, (int)(settings.SoSndbuf / 2), endpoint.Label);
        SocketSettings.Set(Program, endpoint.Fd, SO_BUF_LOCK, (int)settings.SoBufLock, endpoint.Label);
    }

    /// <summary>Sends some of a queue's messages.</summary>
    /// <param name="receiver">Whose queue.</param>
    /// <param name="range">Which of its messages.</param>
    /// <param name="byName">To its name; otherwise the senders have to be connected to it.</param>
    public void Fill(UnixEndpoint receiver, Range range, bool byName = false)
    {
        foreach (UnixMessage message in receiver.Queue.Take(range))
        {
            Widen(message.Sender!);
            Send(receiver, message.Sender!.Fd, message, byName ? binding.AddressOf(receiver, Program) : null);
        }
    }

    /// <summary>Without waiting: a queue that does not take it must fail the plan, not hang it.</summary>
    private void Send(UnixEndpoint receiver, int sender, UnixMessage message, (DataReference Address, int Length)? address)
    {
        const int Flags = MSG_DONTWAIT | MSG_NOSIGNAL;
        byte[] data = message.Data;
        string purpose = $"send {data.Length} bytes to {receiver.Label}";
        byte[] control = Control(message.Entry);
        if (control.Length == 0)
        {
            Program.Call(purpose, Expectation.Exactly(data.Length), SyscallNumber.sendto, sender, Program.Data(data, 1), data.Length, Flags,
                address is { } to ? to.Address : 0, address?.Length ?? 0);
            return;
        }
        Program.Call($"{purpose}, with more than data", Expectation.Exactly(data.Length), SyscallNumber.sendmsg, sender, Header(data, address, control), Flags);
    }

    /// <summary>The descriptors and credentials that travel with a message, see cmsg(3).</summary>
    private byte[] Control(SkPacketEntry message)
    {
        using var control = new MemoryStream();
        foreach (uint[] ids in message.Scm.Where(scm => scm.Type == SCM_RIGHTS).Select(scm => scm.Rights.ToArray()))
            Add(control, SCM_RIGHTS, [.. ids.Select(id => (uint)_byId[id].First)]);
        if (message.Ucred is { } credentials)
            Add(control, SCM_CREDENTIALS, [credentials.Pid, credentials.Uid, credentials.Gid]);
        return control.ToArray();
    }

    /// <summary>struct cmsghdr: u64 cmsg_len, s32 cmsg_level, s32 cmsg_type; then the content, and what aligns the next one.</summary>
    private static void Add(MemoryStream control, int type, ReadOnlySpan<uint> content)
    {
        control.Write(BitConverter.GetBytes(16UL + (ulong)content.Length * 4));
        control.Write(BitConverter.GetBytes(SOL_SOCKET));
        control.Write(BitConverter.GetBytes(type));
        control.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(content));
        control.Write(new byte[content.Length % 2 * 4]);
    }

    /// <summary><c>struct msghdr</c> with one vector.</summary>
    private DataReference Header(byte[] data, (DataReference Address, int Length)? address, ReadOnlySpan<byte> control)
    {
        Span<byte> vector = stackalloc byte[16];
        BitConverter.TryWriteBytes(vector[8..], (ulong)data.Length);
        DataReference io = Program.Data(vector);
        Program.Link(io, Program.Data(data, 1));
        Span<byte> header = stackalloc byte[56];
        BitConverter.TryWriteBytes(header[8..], address?.Length ?? 0);
        BitConverter.TryWriteBytes(header[24..], 1UL);
        BitConverter.TryWriteBytes(header[40..], (ulong)control.Length);
        DataReference message = Program.Data(header);
        if (address is { } to)
            Program.Link(message, to.Address);
        Program.Link(message.At(16), io);
        Program.Link(message.At(32), Program.Data(control));
        return message;
    }
}
