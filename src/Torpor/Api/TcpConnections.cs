namespace Torpor;

/// <summary>What becomes of TCP connections.</summary>
public enum TcpConnections
{
    /// <summary>Those with both ends in the tree are kept, which needs no privilege; others are refused. The default.</summary>
    InTree,

    /// <summary>All are refused, as CRIU does without a word about them.</summary>
    Refused,

    /// <summary>All are kept (<c>--tcp-established</c>): an end outside needs CAP_NET_ADMIN, now and at restore.</summary>
    Kept,

    /// <summary>All come back as connections that have ended (<c>--tcp-close</c>).</summary>
    Closed,
}
