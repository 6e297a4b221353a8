using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.Memory;

/// <summary>Sets what the kernel keeps about an address space beside its mappings: segments, break, argument areas, auxiliary vector, executable.</summary>
internal static class AddressFieldsRestore
{
    /// <summary>The size of <c>struct prctl_mm_map</c>: eleven addresses, a pointer, a size and a descriptor.</summary>
    private const int MapSize = 104;

    private const int AuxvOffset = 88;

    /// <summary>The kernel keeps no longer vector; see AT_VECTOR_SIZE.</summary>
    private const int MaximumAuxv = 128;

    public static void Compile(RestoreContext context, FileMappingsRestore files)
    {
        MmEntry mm = context.Images.Mm;
        RestorePrivilege privilege = context.Privilege;
        if (!privilege.PrivateNamespaces && !privilege.CheckpointRestore && !privilege.Root)
        {
            throw new TorporException(FailureKind.PrivilegeMissing, "setting /proc/PID/exe needs CAP_CHECKPOINT_RESTORE in the process's user namespace",
                "restore into a private namespace (--pidns)");
        }
        Check(mm);
        // A copy of another process has its executable already; the kernel refuses to set it while it is mapped.
        bool inherited = context.Creator?.Images.Mm.ExeFileId == mm.ExeFileId;
        (int exe, string path, bool close) = inherited ? (-1, "", false) : files.Open(mm.ExeFileId, write: false);
        byte[] map = new byte[MapSize];
        ReadOnlySpan<ulong> addresses =
        [
            mm.MmStartCode, mm.MmEndCode, mm.MmStartData, mm.MmEndData, mm.MmStartBrk, mm.MmBrk,
            mm.MmStartStack, mm.MmArgStart, mm.MmArgEnd, mm.MmEnvStart, mm.MmEnvEnd,
        ];
        for (int i = 0; i < addresses.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(map.AsSpan(8 * i), addresses[i]);
        ReadOnlySpan<ulong> auxv = [.. mm.MmSavedAuxv];
        BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(AuxvOffset + 8), (uint)(auxv.Length * sizeof(ulong)));
        BinaryPrimitives.WriteInt32LittleEndian(map.AsSpan(AuxvOffset + 12), exe);
        DataReference data = context.Memory.Data(map);
        if (auxv.Length > 0)
            context.Memory.Link(data.At(AuxvOffset), context.Memory.Data(MemoryMarshal.AsBytes(auxv)));
        context.Memory.Call(inherited ? "set the address fields" : $"set the address fields and the executable {path}", Expectation.Exactly(0), SyscallNumber.prctl,
            PR_SET_MM, PR_SET_MM_MAP, data, MapSize, 0);
        if (close)
            context.MemoryDescriptors.Close(context.Memory, exe);
    }

    private static void Check(MmEntry mm)
    {
        if (mm.MmSavedAuxv.Count > MaximumAuxv)
            throw Damaged($"has an auxiliary vector of {mm.MmSavedAuxv.Count} words");
        bool ordered = mm.MmStartCode < mm.MmEndCode && mm.MmStartData <= mm.MmEndData && mm.MmStartBrk <= mm.MmBrk
            && mm.MmArgStart <= mm.MmArgEnd && mm.MmEnvStart <= mm.MmEnvEnd;
        if (!ordered)
            throw Damaged("has areas that end before they start");
    }

    private static TorporException Damaged(string what) => new(FailureKind.ImageDamaged, $"mm image: the address space {what}", "take the checkpoint again");
}
