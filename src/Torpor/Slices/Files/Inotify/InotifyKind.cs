using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.Inotify;

/// <summary>
/// inotify instances. The kernel tells only the inodes of watches; their paths are looked for among what the process
/// has open, and the directories above that.
/// </summary>
internal sealed class InotifyKind : IFileKind
{
    /// <summary>Watch descriptors only go up; each that is missing below a wanted one costs two calls.</summary>
    private const uint MostGaps = 1024;

    /// <summary>What one event without a name takes in the queue.</summary>
    private const int EventSize = 16;

    public FdTypes? Restores => FdTypes.Inotify;

    public bool Recognizes(OpenDescription description) => description.Link is "anon_inode:inotify" or "anon_inode:[inotify]" or "inotify";

    public bool NeedsTable => true;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        Dictionary<(DeviceId, ulong), string>? known = null;
        foreach (OpenDescription description in descriptions)
        {
            if (!inspection.TryOwner(description, out SignalOwner owner))
                continue;
            using Fd duplicate = inspection.Duplicate(description);
            if (FileCalls.BytesReadable(duplicate) > 0)
            {
                inspection.Refuse(description, "holds events that were not read yet", "try again once the process has read them");
                continue;
            }
            var watches = new List<InotifyWatch>();
            foreach (InotifyInfo info in description.Info.Inotify)
            {
                known ??= KnownPaths(inspection);
                if (!known.TryGetValue((info.Device, info.Inode), out string? path))
                {
                    inspection.Refuse(description, $"watches inode {info.Inode} of device {info.Device}, whose path is not known",
                        "let the process remove the watch, or keep the directory open");
                    continue;
                }
                watches.Add(new InotifyWatch((uint)info.Watch, path, info.Mask, info.Inode, info.Device.ToKernel(), (uint)(info.HandleType ?? 0), [.. info.Handle]));
            }
            inspection.Add(description, InotifyImage.ToEntry(new InotifyState((uint)description.Flags, owner, watches)));
        }
    }

    private static Dictionary<(DeviceId, ulong), string> KnownPaths(FileInspection inspection)
    {
        ProcTask proc = inspection.Tree.Root.Proc;
        var paths = new HashSet<string>();
        IEnumerable<string> starts = inspection.All.Where(d => !d.IsDeleted).Select(d => d.Link)
            .Concat(inspection.Tree.Processes.SelectMany(process => (string[])[process.Proc.ReadLink("cwd"), process.Proc.ReadLink("exe")]));
        foreach (string start in starts)
        {
            for (string? path = start.StartsWith('/') ? start : null; path is not null && paths.Add(path);)
                path = Path.GetDirectoryName(path);
        }
        var known = new Dictionary<(DeviceId, ulong), string>();
        foreach (string path in paths)
        {
            if (FileCalls.TryStatus($"{proc.PathOf("root")}{path}", out FileStatus? status, out _))
                known.TryAdd((status.Device, status.Inode), path);
        }
        return known;
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            InotifyState state = InotifyImage.FromEntry(description.Entry);
            int fd = restore.Table.Open(restore.Program, $"create inotify instance ({description})", SyscallNumber.inotify_init1, O_NONBLOCK | O_CLOEXEC);
            restore.SetFlags(fd, state.Flags, O_NONBLOCK, description.Label);
            state.Owner.Compile(restore, description);
            restore.Place(fd, description);
        }
    }

    /// <summary>Ordering: after all files are open, because a watch would report that.</summary>
    public void Connect(FileConnection connection, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
            Watch(connection.Program, description, InotifyImage.FromEntry(description.Entry), description.First);
    }

    private static void Watch(SyscallProgram program, RestoredDescription description, InotifyState state, int fd)
    {
        uint next = 1;
        uint gaps = 0;
        foreach (InotifyWatch watch in state.Watches.OrderBy(watch => watch.Watch))
        {
            if (watch.Path is not { } path)
            {
                throw new TorporException(FailureKind.Refused, $"the inotify instance at {description} watches inode {watch.Inode} without a known path",
                    "restore this checkpoint with CRIU as root");
            }
            DataReference name = program.Text(path);
            for (; next < watch.Watch; next++)
            {
                if (++gaps > MostGaps)
                    throw new TorporException(FailureKind.Refused, $"the inotify instance at {description} has watch {watch.Watch}, too high to count up to");
                program.Call($"skip watch {next} of {description}", Expectation.Exactly(next), SyscallNumber.inotify_add_watch, fd, name, watch.Mask);
                program.Call($"skip watch {next} of {description}", SyscallNumber.inotify_rm_watch, fd, next);
            }
            program.Call($"watch {path} ({description})", Expectation.Exactly(watch.Watch), SyscallNumber.inotify_add_watch, fd, name, watch.Mask);
            next = watch.Watch + 1;
        }
        // Each removal left an event IN_IGNORED that the process has never asked for.
        if (gaps > 0)
            program.Call($"drop the events of skipped watches of {description}", SyscallNumber.read, fd, program.Space((int)gaps * EventSize), gaps * EventSize);
    }
}
