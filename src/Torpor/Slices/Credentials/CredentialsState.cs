using Google.Protobuf.Collections;
using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;

namespace Torpor.Slices.Credentials;

/// <summary>Who a thread is and what it may do, see credentials(7) and capabilities(7). Ids as the tool's user namespace has them.</summary>
internal sealed record CredentialsState
{
    public required CredentialIds Uids { get; init; }

    public required CredentialIds Gids { get; init; }

    /// <summary>The supplementary groups, ascending.</summary>
    public required IReadOnlyList<uint> Groups { get; init; }

    public ulong Inheritable { get; init; }

    public ulong Permitted { get; init; }

    public ulong Effective { get; init; }

    public ulong Bounding { get; init; }

    public ulong Ambient { get; init; }

    /// <summary>SECBIT_*.</summary>
    public uint SecureBits { get; init; }

    public bool NoNewPrivileges { get; init; }

    public static CredentialsState Of(ProcStatus status, uint secureBits) => new()
    {
        Uids = status.Uids,
        Gids = status.Gids,
        Groups = [.. status.Groups.Order()],
        Inheritable = status.CapInh,
        Permitted = status.CapPrm,
        Effective = status.CapEff,
        Bounding = status.CapBnd,
        Ambient = status.CapAmb,
        SecureBits = secureBits,
        NoNewPrivileges = status.NoNewPrivs,
    };

    public CredsEntry ToImage()
    {
        var entry = new CredsEntry
        {
            Uid = Uids.Real,
            Euid = Uids.Effective,
            Suid = Uids.Saved,
            Fsuid = Uids.FileSystem,
            Gid = Gids.Real,
            Egid = Gids.Effective,
            Sgid = Gids.Saved,
            Fsgid = Gids.FileSystem,
            Secbits = SecureBits,
            NoNewPrivs = NoNewPrivileges ? 1u : 0,
        };
        Put(entry.CapInh, Inheritable);
        Put(entry.CapPrm, Permitted);
        Put(entry.CapEff, Effective);
        Put(entry.CapBnd, Bounding);
        Put(entry.CapAmb, Ambient);
        entry.Groups.AddRange(Groups);
        return entry;
    }

    public static CredentialsState FromImage(CredsEntry entry) => new()
    {
        Uids = new CredentialIds(entry.Uid, entry.Euid, entry.Suid, entry.Fsuid),
        Gids = new CredentialIds(entry.Gid, entry.Egid, entry.Sgid, entry.Fsgid),
        Groups = [.. entry.Groups.Order()],
        Inheritable = Get(entry.CapInh),
        Permitted = Get(entry.CapPrm),
        Effective = Get(entry.CapEff),
        Bounding = Get(entry.CapBnd),
        Ambient = Get(entry.CapAmb),
        SecureBits = entry.Secbits,
        NoNewPrivileges = entry.NoNewPrivs != 0,
    };

    private static void Put(RepeatedField<uint> words, ulong set) => words.AddRange([(uint)set, (uint)(set >> 32)]);

    /// <summary>Words that are missing count as empty, and more than two as what no kernel has.</summary>
    private static ulong Get(RepeatedField<uint> words) =>
        (words.Count > 0 ? words[0] : 0) | ((ulong)(words.Count > 1 ? words[1] : 0) << 32);
}
