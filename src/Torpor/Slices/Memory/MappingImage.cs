using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;
using static Torpor.Linux.Uapi.Mman;

namespace Torpor.Slices.Memory;

/// <summary>Between mappings and their image entries.</summary>
internal static class MappingImage
{
    // CRIU's bits of vma_entry.status.
    public const uint VMA_AREA_REGULAR = 1 << 0;
    public const uint VMA_AREA_STACK = 1 << 1;
    public const uint VMA_AREA_VSYSCALL = 1 << 2;
    public const uint VMA_AREA_VDSO = 1 << 3;
    public const uint VMA_AREA_HEAP = 1 << 5;
    public const uint VMA_FILE_PRIVATE = 1 << 6;
    public const uint VMA_FILE_SHARED = 1 << 7;
    public const uint VMA_ANON_SHARED = 1 << 8;
    public const uint VMA_ANON_PRIVATE = 1 << 9;
    public const uint VMA_AREA_SYSVIPC = 1 << 10;
    public const uint VMA_AREA_SOCKET = 1 << 11;
    public const uint VMA_AREA_VVAR = 1 << 12;
    public const uint VMA_AREA_AIORING = 1 << 13;
    public const uint VMA_AREA_MEMFD = 1 << 14;

    private const uint Unsupported = VMA_AREA_SYSVIPC | VMA_AREA_SOCKET | VMA_AREA_AIORING;

    private const uint TraitAccounted = 1;
    private const uint TraitLockedOnFault = 2;
    private const uint TraitSealed = 4;

    private const uint O_RDWR = 2;

    /// <summary>The bits of the flags that say private, shared or droppable.</summary>
    private const uint MapType = 0xf;

    public static VmaEntry ToEntry(MappingState mapping)
    {
        var entry = new VmaEntry
        {
            Start = mapping.Start,
            End = mapping.End,
            Pgoff = mapping.Offset,
            Shmid = mapping.BackingId,
            Prot = (uint)mapping.Protection,
            Flags = Flags(mapping),
            Status = Status(mapping),
            Fd = -1,
        };
        if (mapping.Advice != 0)
            entry.Madv = mapping.Advice;
        if (mapping.IsFile)
            entry.Fdflags = mapping.Has(MappingTraits.MayWrite) ? O_RDWR : 0;
        uint traits = (mapping.Has(MappingTraits.Accounted) ? TraitAccounted : 0)
            | (mapping.Has(MappingTraits.LockedOnFault) ? TraitLockedOnFault : 0)
            | (mapping.Has(MappingTraits.Sealed) ? TraitSealed : 0);
        entry.TorporTraits = traits;
        if (mapping.Name.Length > 0)
            entry.TorporName = mapping.Name;
        foreach (AddressRange guard in mapping.Guards)
        {
            entry.TorporGuards.Add(guard.Start);
            entry.TorporGuards.Add(guard.End);
        }
        return entry;
    }

    private static uint Flags(MappingState mapping)
    {
        int flags = mapping.Kind switch
        {
            MappingKind.AnonymousShared => MAP_SHARED | MAP_ANONYMOUS,
            MappingKind.FileShared => MAP_SHARED,
            MappingKind.FilePrivate => MAP_PRIVATE,
            _ when mapping.Has(MappingTraits.Droppable) => MAP_DROPPABLE | MAP_ANONYMOUS,
            _ => MAP_PRIVATE | MAP_ANONYMOUS,
        };
        if (mapping.Has(MappingTraits.GrowsDown))
            flags |= MAP_GROWSDOWN;
        if (mapping.Has(MappingTraits.NoReserve))
            flags |= MAP_NORESERVE;
        if (mapping.Has(MappingTraits.Locked))
            flags |= MAP_LOCKED;
        if (mapping.Has(MappingTraits.HugePages))
            flags |= MAP_HUGETLB | (mapping.HugePageShift << MAP_HUGE_SHIFT);
        return (uint)flags;
    }

    private static uint Status(MappingState mapping)
    {
        uint status = mapping.Kind switch
        {
            MappingKind.AnonymousPrivate => VMA_AREA_REGULAR | VMA_ANON_PRIVATE,
            MappingKind.AnonymousShared => VMA_AREA_REGULAR | VMA_ANON_SHARED,
            MappingKind.FilePrivate => VMA_AREA_REGULAR | VMA_FILE_PRIVATE,
            MappingKind.FileShared => VMA_AREA_REGULAR | VMA_FILE_SHARED,
            MappingKind.Vdso => VMA_AREA_REGULAR | VMA_AREA_VDSO | VMA_ANON_PRIVATE,
            MappingKind.Vvar => VMA_AREA_REGULAR | VMA_AREA_VVAR | VMA_ANON_PRIVATE,
            MappingKind.Vsyscall => VMA_AREA_VSYSCALL | VMA_ANON_PRIVATE,
            _ => throw new ArgumentOutOfRangeException(nameof(mapping), mapping.Kind, null),
        };
        if (mapping.Has(MappingTraits.Stack))
            status |= VMA_AREA_STACK;
        if (mapping.Has(MappingTraits.Heap))
            status |= VMA_AREA_HEAP;
        if (mapping.Has(MappingTraits.Memfd))
            status |= VMA_AREA_MEMFD;
        return status;
    }

    /// <summary>Reads one entry; a contradiction in it is damage.</summary>
    public static MappingState FromEntry(VmaEntry entry)
    {
        AddressRange range = new(entry.Start, entry.End);
        MappingKind kind = Kind(entry, range);
        if (entry.End <= entry.Start || (entry.Start | entry.End | entry.Pgoff) % UserMemory.PageSize != 0)
            throw Damaged(range, "is empty or not aligned to pages");
        if (kind != MappingKind.Vsyscall && entry.End > UserMemory.End)
            throw Damaged(range, "lies outside of user memory");
        if (entry.Prot > (PROT_READ | PROT_WRITE | PROT_EXEC))
            throw Damaged(range, $"has the unknown protection 0x{entry.Prot:x}");
        if (entry.Shmid > uint.MaxValue)
            throw Damaged(range, $"names the impossible object {entry.Shmid}");
        if (entry.Pgoff + (entry.End - entry.Start) < entry.Pgoff)
            throw Damaged(range, "reaches beyond the end of any file");
        return new MappingState
        {
            Start = entry.Start,
            End = entry.End,
            Kind = kind,
            Protection = (ProtectionFlags)entry.Prot,
            Traits = Traits(entry),
            Offset = entry.Pgoff,
            Advice = entry.Madv,
            HugePageShift = (entry.Flags & MAP_HUGETLB) != 0 ? (int)(entry.Flags >> MAP_HUGE_SHIFT & 0x3f) : 0,
            BackingId = (uint)entry.Shmid,
            Name = entry.TorporName,
            Guards = Guards(entry, range),
        };
    }

    private static MappingKind Kind(VmaEntry entry, AddressRange range)
    {
        if ((entry.Status & Unsupported) != 0)
        {
            throw new TorporException(FailureKind.Refused, $"the mapping at {range} is shared memory of System V, a socket's ring or one of asynchronous I/O",
                "such images are not supported yet");
        }
        uint status = entry.Status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED | VMA_ANON_SHARED | VMA_ANON_PRIVATE);
        bool shared = (entry.Flags & MapType) == MAP_SHARED;
        MappingKind? kind = status switch
        {
            _ when (entry.Status & VMA_AREA_VDSO) != 0 => MappingKind.Vdso,
            _ when (entry.Status & VMA_AREA_VVAR) != 0 => MappingKind.Vvar,
            _ when (entry.Status & VMA_AREA_VSYSCALL) != 0 => MappingKind.Vsyscall,
            VMA_FILE_PRIVATE when !shared => MappingKind.FilePrivate,
            VMA_FILE_SHARED when shared => MappingKind.FileShared,
            VMA_ANON_SHARED when shared => MappingKind.AnonymousShared,
            VMA_ANON_PRIVATE when !shared => MappingKind.AnonymousPrivate,
            _ => null,
        };
        return kind ?? throw Damaged(range, $"has the contradictory kind 0x{entry.Status:x} with flags 0x{entry.Flags:x}");
    }

    private static MappingTraits Traits(VmaEntry entry)
    {
        MappingTraits traits = MappingTraits.None;
        void Set(bool condition, MappingTraits trait) => traits |= condition ? trait : MappingTraits.None;
        Set((entry.Status & VMA_AREA_STACK) != 0, MappingTraits.Stack);
        Set((entry.Status & VMA_AREA_HEAP) != 0, MappingTraits.Heap);
        Set((entry.Status & VMA_AREA_MEMFD) != 0, MappingTraits.Memfd);
        Set((entry.Flags & MAP_GROWSDOWN) != 0, MappingTraits.GrowsDown);
        Set((entry.Flags & MAP_NORESERVE) != 0, MappingTraits.NoReserve);
        Set((entry.Flags & MAP_LOCKED) != 0, MappingTraits.Locked);
        Set((entry.Flags & MAP_HUGETLB) != 0, MappingTraits.HugePages);
        Set((entry.Flags & MapType) == MAP_DROPPABLE, MappingTraits.Droppable);
        Set((entry.Fdflags & O_RDWR) != 0, MappingTraits.MayWrite);
        // An image of CRIU's does not tell; there memory that can be written counts, as the kernel itself has it.
        Set(entry.HasTorporTraits ? (entry.TorporTraits & TraitAccounted) != 0 : (entry.Prot & PROT_WRITE) != 0 && (entry.Flags & MAP_NORESERVE) == 0,
            MappingTraits.Accounted);
        Set((entry.TorporTraits & TraitLockedOnFault) != 0, MappingTraits.LockedOnFault);
        Set((entry.TorporTraits & TraitSealed) != 0, MappingTraits.Sealed);
        return traits;
    }

    private static List<AddressRange> Guards(VmaEntry entry, AddressRange range)
    {
        var guards = new List<AddressRange>(entry.TorporGuards.Count / 2);
        ulong last = range.Start;
        for (int i = 0; i < entry.TorporGuards.Count; i += 2)
        {
            ulong start = entry.TorporGuards[i];
            ulong end = i + 1 < entry.TorporGuards.Count ? entry.TorporGuards[i + 1] : 0;
            if (start < last || end <= start || end > range.End || (start | end) % UserMemory.PageSize != 0)
                throw Damaged(range, $"has an impossible guard region at 0x{start:x}");
            guards.Add(new AddressRange(start, end));
            last = end;
        }
        return guards;
    }

    private static TorporException Damaged(AddressRange range, string what) =>
        new(FailureKind.ImageDamaged, $"mm image: the mapping at {range} {what}", "take the checkpoint again");
}
