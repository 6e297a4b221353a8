using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Mman;

namespace Torpor.Slices.Memory;

/// <summary>Where the bytes of a mapping come from.</summary>
internal enum MappingBacking
{
    /// <summary>From nowhere else: the process's own memory.</summary>
    None,

    /// <summary>A file that should have a path.</summary>
    File,

    /// <summary>A file whose path is gone.</summary>
    DeletedFile,

    Memfd,

    SharedAnonymous,
}

/// <summary>A mapping of the target as found.</summary>
/// <param name="Source">The record of smaps.</param>
/// <param name="State">All but what its backing and its pages tell.</param>
/// <param name="Backing">Where its bytes come from.</param>
internal sealed record ClassifiedMapping(MemoryMapping Source, MappingState State, MappingBacking Backing);

/// <summary>Says for each mapping what it is: captured, the kernel's own, or refused. Pure.</summary>
internal static class MappingClassifier
{
    /// <summary>Null when the mapping is refused; the reason is in the list then.</summary>
    public static ClassifiedMapping? Classify(MemoryMapping mapping, RefusalList refusals)
    {
        string label = Label(mapping);
        if (ForbiddenByFlags(mapping) is { } flags)
        {
            refusals.Add(label, flags.Reason, flags.Remedy);
            return null;
        }
        (MappingKind Kind, MappingBacking Backing)? found = mapping.Inode != 0 || mapping.Name.StartsWith('/') ? Backed(mapping) : Unbacked(mapping);
        if (found is not { } what)
        {
            (string reason, string? remedy) = ForbiddenByName(mapping);
            refusals.Add(label, reason, remedy);
            return null;
        }
        if (what.Kind is not (MappingKind.Vvar or MappingKind.Vdso or MappingKind.Vsyscall)
            && (mapping.VmFlags & (VmFlags.PfnMap | VmFlags.Io | VmFlags.MixedMap)) != 0)
        {
            refusals.Add(label, "shows the memory of a device", "close the device in the program before the checkpoint");
            return null;
        }
        return new ClassifiedMapping(mapping, State(mapping, what.Kind, what.Backing), what.Backing);
    }

    /// <summary>How a mapping is called in sentences.</summary>
    public static string Label(MemoryMapping mapping) =>
        $"the mapping at 0x{mapping.Start.Value:x}-0x{mapping.End.Value:x}{(mapping.Name.Length > 0 ? $" ({mapping.RawName})" : "")}";

    private static (string Reason, string? Remedy)? ForbiddenByFlags(MemoryMapping mapping)
    {
        if ((mapping.VmFlags & (VmFlags.UffdMissing | VmFlags.UffdWriteProtect | VmFlags.UffdMinor)) != 0)
            return ("is watched by a userfaultfd", "unregister the range before the checkpoint");
        if (mapping.Has(VmFlags.ShadowStack))
            return ("is a shadow stack", "start the program with GLIBC_TUNABLES=glibc.cpu.x86_shstk=off");
        if (mapping.Has(VmFlags.Sync))
            return ("is a synchronous mapping of persistent memory (MAP_SYNC)", null);
        if (mapping.ProtectionKey != 0)
            return ($"has the memory protection key {mapping.ProtectionKey}", "protection keys are not supported yet");
        return null;
    }

    private static (MappingKind, MappingBacking)? Unbacked(MemoryMapping mapping) => mapping.Name switch
    {
        "" or "[heap]" or "[stack]" when !mapping.Shared => (MappingKind.AnonymousPrivate, MappingBacking.None),
        "[vdso]" => (MappingKind.Vdso, MappingBacking.None),
        "[vsyscall]" => (MappingKind.Vsyscall, MappingBacking.None),
        // A kernel has one or several of them: [vvar], [vvar_vclock].
        ['[', 'v', 'v', 'a', 'r', ..] => (MappingKind.Vvar, MappingBacking.None),
        ['[', 'a', 'n', 'o', 'n', ':', ..] when !mapping.Shared => (MappingKind.AnonymousPrivate, MappingBacking.None),
        // Kernels before 5.x named thread stacks so.
        ['[', 's', 't', 'a', 'c', 'k', ':', ..] when !mapping.Shared => (MappingKind.AnonymousPrivate, MappingBacking.None),
        _ => null,
    };

    private static (MappingKind, MappingBacking)? Backed(MemoryMapping mapping)
    {
        string name = mapping.Name;
        if (name.StartsWith("[anon_shmem:", StringComparison.Ordinal))
            return (MappingKind.AnonymousShared, MappingBacking.SharedAnonymous);
        if (!name.StartsWith('/'))
            return null;
        MappingKind file = mapping.Shared ? MappingKind.FileShared : MappingKind.FilePrivate;
        if (!mapping.Deleted)
        {
            // A private mapping of /dev/zero is anonymous memory with a name.
            return name == "/dev/zero" ? mapping.Shared ? null : (MappingKind.AnonymousPrivate, MappingBacking.None) : (file, MappingBacking.File);
        }
        if (name.StartsWith("/memfd:", StringComparison.Ordinal))
            return (file, MappingBacking.Memfd);
        if (name is "/dev/zero" or "/anon_hugepage")
        {
            return mapping.Shared
                ? (MappingKind.AnonymousShared, MappingBacking.SharedAnonymous)
                : (MappingKind.AnonymousPrivate, MappingBacking.None);
        }
        return IsKernelMemory(name) ? null : (file, MappingBacking.DeletedFile);
    }

    /// <summary>Names of the kernel's internal shared memory that look like deleted files of the root directory.</summary>
    private static bool IsKernelMemory(string name) =>
        name.StartsWith("/SYSV", StringComparison.Ordinal) || name.StartsWith("/dmabuf:", StringComparison.Ordinal)
        || name is "/[aio]" or "/secretmem" or "/i915" or "/drm mm object";

    private static (string Reason, string? Remedy) ForbiddenByName(MemoryMapping mapping) => mapping.Name switch
    {
        "/[aio]" => ("is the ring of an asynchronous I/O context", "set the program to another I/O engine, or destroy the context (io_destroy) before the checkpoint"),
        "/secretmem" => ("is secret memory (memfd_secret), which no other process can read", null),
        ['/', 'S', 'Y', 'S', 'V', ..] => ("is shared memory of System V", "it is not supported yet; detach it (shmdt) before the checkpoint"),
        "anon_inode:[io_uring]" => ("is a ring of io_uring", "set the program to another I/O engine before the checkpoint"),
        "anon_inode:[perf_event]" or ['a', 'n', 'o', 'n', '_', 'i', 'n', 'o', 'd', 'e', ':', '[', 'p', 'e', 'r', 'f', ..]
            => ("is a buffer of performance events", "stop profiling before the checkpoint"),
        ['s', 'o', 'c', 'k', 'e', 't', ':', ..] => ("is the ring of a packet socket", "close the socket before the checkpoint"),
        "[uprobes]" => ("is there because a tracer has breakpoints in the process (uprobes)", "remove the probes before the checkpoint"),
        _ => ("shows a kernel object of a kind that is not supported", null),
    };

    private static MappingState State(MemoryMapping mapping, MappingKind kind, MappingBacking backing)
    {
        bool file = kind is MappingKind.FilePrivate or MappingKind.FileShared;
        return new MappingState
        {
            Start = mapping.Start.Value,
            End = mapping.End.Value,
            Kind = kind,
            Protection = mapping.Protection,
            Traits = Traits(mapping, kind, backing),
            Offset = file || kind == MappingKind.AnonymousShared ? mapping.Offset : 0,
            Advice = kind is MappingKind.Vdso or MappingKind.Vvar or MappingKind.Vsyscall ? 0 : Advice(mapping),
            HugePageShift = mapping.Has(VmFlags.HugeTlb) && mapping.KernelPageSizeKb > 0
                ? System.Numerics.BitOperations.Log2((ulong)mapping.KernelPageSizeKb * 1024)
                : 0,
            Name = GivenName(mapping, kind),
        };
    }

    private static string GivenName(MemoryMapping mapping, MappingKind kind)
    {
        if (kind is MappingKind.Vdso or MappingKind.Vvar)
            return mapping.Name;
        foreach (string prefix in (ReadOnlySpan<string>)["[anon:", "[anon_shmem:"])
        {
            if (mapping.Name.StartsWith(prefix, StringComparison.Ordinal) && mapping.Name.EndsWith(']'))
                return mapping.Name[prefix.Length..^1];
        }
        return "";
    }

    private static MappingTraits Traits(MemoryMapping mapping, MappingKind kind, MappingBacking backing)
    {
        MappingTraits traits = MappingTraits.None;
        void Set(bool condition, MappingTraits trait) => traits |= condition ? trait : MappingTraits.None;
        Set(mapping.Name == "[stack]", MappingTraits.Stack);
        Set(mapping.Name == "[heap]", MappingTraits.Heap);
        Set(mapping.Has(VmFlags.GrowsDown), MappingTraits.GrowsDown);
        // Droppable memory reserves nothing by itself.
        Set(mapping.Has(VmFlags.NoReserve) && !mapping.Has(VmFlags.Droppable), MappingTraits.NoReserve);
        Set(mapping.Has(VmFlags.Account), MappingTraits.Accounted);
        Set(mapping.Has(VmFlags.Locked), MappingTraits.Locked);
        Set(mapping.Has(VmFlags.LockOnFault), MappingTraits.LockedOnFault);
        Set(mapping.Has(VmFlags.Sealed), MappingTraits.Sealed);
        Set(mapping.Has(VmFlags.Droppable), MappingTraits.Droppable);
        Set(mapping.Has(VmFlags.HugeTlb) && backing is MappingBacking.None or MappingBacking.SharedAnonymous, MappingTraits.HugePages);
        Set(backing == MappingBacking.Memfd, MappingTraits.Memfd);
        // A shared mapping keeps VM_MAYWRITE only when its file was opened for writing; a private one always has it.
        Set(kind == MappingKind.FileShared && mapping.Has(VmFlags.MayWrite), MappingTraits.MayWrite);
        return traits;
    }

    private static ulong Advice(MemoryMapping mapping)
    {
        ulong advice = 0;
        void Set(VmFlags flag, int value) => advice |= mapping.Has(flag) ? 1UL << value : 0;
        Set(VmFlags.RandomRead, MADV_RANDOM);
        Set(VmFlags.SequentialRead, MADV_SEQUENTIAL);
        Set(VmFlags.DontCopy, MADV_DONTFORK);
        Set(VmFlags.Mergeable, MADV_MERGEABLE);
        Set(VmFlags.HugePage, MADV_HUGEPAGE);
        Set(VmFlags.NoHugePage, MADV_NOHUGEPAGE);
        // MAP_DROPPABLE sets these two by itself.
        if (!mapping.Has(VmFlags.Droppable))
        {
            Set(VmFlags.DontDump, MADV_DONTDUMP);
            Set(VmFlags.WipeOnFork, MADV_WIPEONFORK);
        }
        return advice;
    }
}
