using Torpor.Model;
using Torpor.Slices.Credentials;
using Torpor.Slices.FileLocks;
using Torpor.Slices.Files;
using Torpor.Slices.Fs;
using Torpor.Slices.Limits;
using Torpor.Slices.Memory;
using Torpor.Slices.ProcessAttributes;
using Torpor.Slices.ProcessTree;
using Torpor.Slices.Registers;
using Torpor.Slices.Rseq;
using Torpor.Slices.Scheduling;
using Torpor.Slices.Seccomp;
using Torpor.Slices.Signals;
using Torpor.Slices.ThreadIds;
using Torpor.Slices.Timers;
using Torpor.Slices.Vdso;

namespace Torpor.Engine;

/// <summary>Every slice, in the order in which each of its phases is called: the one place that knows them all.</summary>
internal static class SliceTable
{
    public static IReadOnlyList<ISlice> Create() =>
    [
        // Ordering: the session first, because a terminal that is opened later can become its own.
        new ProcessTreeSlice(),
        // Ordering: descriptors before memory, because mappings of objects without a name go through them.
        new FilesSlice(),
        new MemorySlice(),
        // Ordering: behind the mappings, because only then is the place of the vDSO known to be free.
        new VdsoSlice(),
        new SignalsSlice(),
        new ThreadIdsSlice(),
        new RseqSlice(),
        // Ordering: before the root changes, because it writes to /proc/self; behind memory, because a personality changes how memory is mapped.
        new ProcessAttributesSlice(),
        // Ordering: behind every open, because a restored root or umask would change what opens do.
        new FsSlice(),
        // Ordering: behind every close, because closing any descriptor of a file ends the process's locks on it; before the credentials, because a lease is its owner's.
        new FileLocksSlice(),
        new SchedulingSlice(),
        new SeccompSlice(),
        new RegistersSlice(),
        // Ordering: limits behind everything that maps or opens, and timers so late that none fires before its program runs.
        new LimitsSlice(),
        new TimersSlice(),
        // Ordering: behind all that needs a privilege, because from here on the task has only its own.
        new CredentialsSlice(),
        // Ordering: behind the credentials, because changing those resets it.
        new DumpableSlice(),
        // Ordering: the last of what threads do, because nothing may be interrupted after it.
        new PendingSignalsSlice(),
    ];
}
