using Torpor.Images.Messages;

namespace Torpor.Model;

/// <summary>What a TCP connection holds beside its addresses and options.</summary>
/// <param name="Entry">The state. Sequence numbers are zero where the checkpoint had no privilege to read them.</param>
/// <param name="Incoming">Received, and not read by the process yet.</param>
/// <param name="Outgoing">Written by the process, and not acknowledged by the other end yet.</param>
public sealed record TcpStream(TcpStreamEntry Entry, byte[] Incoming, byte[] Outgoing)
{
    /// <summary>Without sequence numbers.</summary>
    public static TcpStream Of(byte[] incoming) => new(new TcpStreamEntry
    {
        InqLen = (uint)incoming.Length,
        InqSeq = 0,
        OutqLen = 0,
        OutqSeq = 0,
        OptMask = 0,
        SndWscale = 0,
        MssClamp = 0,
    }, incoming, []);
}
