using Torpor.Linux;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>A message in a socket's queue, with who sends it again.</summary>
internal sealed record UnixMessage(SkPacketEntry Entry, byte[] Data)
{
    public UnixEndpoint? Sender { get; set; }
}

/// <summary>
/// A socket that the plan makes: one of the images, or one that has gone before and that only lives while the plan runs, because
/// others are to be connected to it, or have a message from it.
/// </summary>
internal sealed class UnixEndpoint(UnixSocketState state, RestoredDescription? description)
{
    public UnixSocketState State { get; } = state;

    /// <summary>Null for one that has gone.</summary>
    public RestoredDescription? Description { get; } = description;

    public bool IsGone => Description is null;

    public string Label => Description?.Label ?? (State.IsNamed ? $"a closed socket at {UnixSocketNames.Show(State.Name)}" : "a closed socket");

    /// <summary>Where it is once it is in place.</summary>
    public int Fd { get; set; } = -1;

    /// <summary>What waits in its queue, the first first.</summary>
    public List<UnixMessage> Queue { get; } = [];

    /// <summary>The other end of a stream, or what a datagram socket is connected to.</summary>
    public UnixEndpoint? Peer { get; set; }

    /// <summary>Made by the same socketpair(2): what a datagram socket without a name has its messages from.</summary>
    public UnixEndpoint? Mate { get; set; }

    /// <summary>Where it was accepted, or has yet to be.</summary>
    public UnixEndpoint? Listener { get; set; }

    /// <summary>It was accepted, and has its name from its listener.</summary>
    public bool IsAccepted { get; set; }

    /// <summary>Names are given in rounds: two sockets with one name never are in the same.</summary>
    public int Round { get; set; }

    /// <summary>Another socket gets the same name in a later round.</summary>
    public bool HasSuccessor { get; set; }

    public bool BindsItself => State.IsNamed && !IsAccepted;

    public bool IsStream => State.Type != SOCK_DGRAM;

    /// <summary>How many messages came before it was connected to the only one that may send to it now.</summary>
    public int BeforeConnecting => Peer is null ? Queue.Count : Queue.FindLastIndex(message => message.Sender != Peer) + 1;
}
