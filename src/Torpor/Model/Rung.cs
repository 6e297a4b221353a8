using Torpor.Linux.ProcFs;

namespace Torpor.Model;

/// <summary>Where on the privilege ladder a restore stands: what this user may do, and what was asked for.</summary>
/// <param name="PrivateNamespaces">A pid namespace of its own.</param>
/// <param name="UserNamespace">A user namespace too, because nothing else lets this user have the others.</param>
/// <param name="Capabilities">What the task holds while its plan runs.</param>
/// <param name="Uid">Effective user of the tool.</param>
/// <param name="Gid">Effective group of the tool.</param>
internal sealed record Rung(bool PrivateNamespaces, bool UserNamespace, ulong Capabilities, uint Uid, uint Gid)
{
    private const int CAP_SYS_ADMIN = 21;
    private const int CAP_CHECKPOINT_RESTORE = 40;
    private const ulong AllCapabilities = (1UL << (CAP_CHECKPOINT_RESTORE + 1)) - 1;

    public RestorePrivilege Privilege => new(PrivateNamespaces, Has(CAP_CHECKPOINT_RESTORE), Has(CAP_SYS_ADMIN) && !UserNamespace);

    /// <summary>Chooses the rung.</summary>
    public static Rung Choose(PidPlacement placement, uint innerPid)
    {
        ProcStatus own = ProcTask.Self.Status();
        (uint uid, uint gid) = (own.Uids.Effective, own.Gids.Effective);
        bool admin = (own.CapEff & (1UL << CAP_SYS_ADMIN)) != 0;
        bool mayChoosePids = admin || (own.CapEff & (1UL << CAP_CHECKPOINT_RESTORE)) != 0;
        // Pid 1 is the first process of a namespace and can be nothing else.
        bool wantsPrivate = placement == PidPlacement.PrivateNamespace || (placement == PidPlacement.Automatic && (!mayChoosePids || innerPid == 1));
        if (wantsPrivate)
            return new Rung(true, !admin, admin ? own.CapEff : AllCapabilities, uid, gid);
        if (!mayChoosePids)
        {
            throw new TorporException(FailureKind.PrivilegeMissing,
                $"restoring pid {innerPid} in this pid namespace needs CAP_CHECKPOINT_RESTORE, which this user does not have",
                "use --pidns, or have an administrator run: setcap cap_checkpoint_restore+ep on the torpor binary");
        }
        return new Rung(false, false, own.CapEff, uid, gid);
    }

    private bool Has(int capability) => (Capabilities & (1UL << capability)) != 0;
}
