using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files;

/// <summary>Who gets the signals of a description, see F_SETOWN and F_SETSIG in fcntl(2).</summary>
/// <param name="Type">F_OWNER_*.</param>
/// <param name="InnerId">The process or group as it sees itself; zero for nobody.</param>
/// <param name="Signal">Zero means SIGIO.</param>
/// <param name="Uid">Whoever set it.</param>
/// <param name="EffectiveUid">Whoever set it.</param>
internal sealed record SignalOwner(uint Type, uint InnerId, uint Signal, uint Uid, uint EffectiveUid)
{
    public static SignalOwner Nobody { get; } = new(0, 0, 0, 0, 0);

    public FownEntry ToEntry() => new() { PidType = Type, Pid = InnerId, Signum = Signal, Uid = Uid, Euid = EffectiveUid };

    public static SignalOwner FromEntry(FownEntry? entry) =>
        entry is null ? Nobody : new(entry.PidType, entry.Pid, entry.Signum, entry.Uid, entry.Euid);

    public static bool TryCapture(FileInspection inspection, OpenDescription description, Fd duplicate, out SignalOwner owner)
    {
        owner = Nobody;
        FileOwner found = FileCalls.GetOwner(duplicate);
        int signal = FileCalls.GetSignal(duplicate);
        if (found.Id == 0 && signal == 0)
            return true;
        if (InnerIdOf(inspection, description, found) is not { } inner)
        {
            inspection.Refuse(description, $"sends its signals (F_SETOWN) to {(found.Type == F_OWNER_PGRP ? "group " : "")}{found.Id}, which is none of the processes",
                "let the process take them itself before the checkpoint");
            return false;
        }
        (uint real, uint effective) = found.Id == 0 ? (0u, 0u) : FileCalls.GetOwnerUids(duplicate);
        owner = new SignalOwner((uint)found.Type, inner, (uint)signal, real, effective);
        return true;
    }

    /// <summary>
    /// The owner as it sees itself: nobody, a process of the tree, a group that one leads, or a thread of a process that has
    /// the description; null for any other.
    /// </summary>
    private static uint? InnerIdOf(FileInspection inspection, OpenDescription description, FileOwner owner) => owner switch
    {
        { Id: 0 } => 0,
        { Type: F_OWNER_TID } => description.Process.Threads.FirstOrDefault(thread => thread.Tid.Value == owner.Id)?.InnerTid,
        _ => inspection.Tree.Find(new Pid(owner.Id))?.InnerPid,
    };

    /// <summary>Emits the calls that make it so, behind the making of all processes, on a description that was placed.</summary>
    public void Compile(FileRestore restore, RestoredDescription description)
    {
        if (InnerId != 0 || Signal != 0)
            restore.Owners.Add((this, description));
    }

    /// <summary>Emits the calls.</summary>
    public void Emit(SyscallProgram program, RestoredDescription description)
    {
        int fd = description.First;
        string label = description.Label;
        // Ordering: a thread can be named once it exists.
        if (Type == F_OWNER_TID && description.Holder is { } holder)
            (program, fd) = (holder.Leader.Program, description.Slots[0].Number);
        if (InnerId != 0)
        {
            Span<byte> owner = stackalloc byte[8];
            BitConverter.TryWriteBytes(owner, Type);
            BitConverter.TryWriteBytes(owner[4..], InnerId);
            program.Call($"set the signal owner of {label}", SyscallNumber.fcntl, fd, F_SETOWN_EX, program.Data(owner));
        }
        if (Signal != 0)
            program.Call($"set the signal of {label}", SyscallNumber.fcntl, fd, F_SETSIG, Signal);
    }
}
