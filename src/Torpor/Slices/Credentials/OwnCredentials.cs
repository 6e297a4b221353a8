using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.Credentials;

/// <summary>What a restored thread has before its credentials are set: the tool's own, or all capabilities of a fresh user namespace.</summary>
/// <param name="Uids">Of the tool.</param>
/// <param name="Gids">Of the tool.</param>
/// <param name="Groups">The tool's supplementary groups, ascending.</param>
/// <param name="Held">The capabilities that the thread holds.</param>
/// <param name="Bounding">The thread's bounding set.</param>
/// <param name="SecureBits">The thread's securebits.</param>
/// <param name="NoNewPrivileges">The tool has no_new_privs set, and everything it starts too.</param>
/// <param name="Known">Every capability that this kernel has.</param>
internal sealed record OwnCredentials(
    CredentialIds Uids, CredentialIds Gids, IReadOnlyList<uint> Groups, ulong Held, ulong Bounding, uint SecureBits, bool NoNewPrivileges, ulong Known)
{
    private const string LastCapabilityFile = "/proc/sys/kernel/cap_last_cap";

    public static OwnCredentials Of(RestorePrivilege privilege)
    {
        ProcStatus status = ProcTask.Self.Status();
        bool userNamespace = privilege.PrivateNamespaces && !privilege.Root;
        ulong known = KnownToKernel();
        uint secureBits = (uint)ProcessCalls.Prctl(PR_GET_SECUREBITS).OrThrow("prctl PR_GET_SECUREBITS");
        IReadOnlyList<uint> groups = [.. status.Groups.Order()];
        // A user namespace starts with every capability, a full bounding set and no securebits: user_namespaces(7).
        return userNamespace
            ? new OwnCredentials(status.Uids, status.Gids, groups, known & CapabilityNames.All, known, 0, status.NoNewPrivs, known)
            : new OwnCredentials(status.Uids, status.Gids, groups, status.CapEff, status.CapBnd, secureBits, status.NoNewPrivs, known);
    }

    private static ulong KnownToKernel()
    {
        if (!File.Exists(LastCapabilityFile) || !int.TryParse(File.ReadAllText(LastCapabilityFile), out int last) || last is < 0 or > 62)
            return CapabilityNames.All;
        return (1UL << (last + 1)) - 1;
    }
}
