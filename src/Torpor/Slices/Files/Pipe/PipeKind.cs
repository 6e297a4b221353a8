using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Poll;

namespace Torpor.Slices.Files.Pipe;

/// <summary>Pipes made by pipe(2): with both ends inside, with one end closed for good, or with one end outside.</summary>
internal sealed class PipeKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Pipe;

    public bool Recognizes(OpenDescription description) => description.Status.IsFifo && description.Link.StartsWith("pipe:[", StringComparison.Ordinal);

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (IGrouping<ulong, OpenDescription> pipe in descriptions.GroupBy(d => d.Status.Inode))
            InspectPipe(inspection, [.. pipe]);
    }

    private static void InspectPipe(FileInspection inspection, List<OpenDescription> ends)
    {
        OpenDescription? reader = ends.Find(d => d.CanRead);
        OpenDescription? writer = ends.Find(d => d.CanWrite);
        uint pipeId = (uint)ends[0].Status.Inode;
        bool outside = false;
        if ((reader is null || writer is null) && !IsOtherEndClosed(inspection, ends[0]))
        {
            outside = IsRehomed(inspection, ends);
            if (!outside && !IsExpected(inspection, pipeId))
            {
                string end = reader is null ? "reading" : "writing";
                inspection.Refuse(ends[0], $"is a pipe whose {end} end is held by another process",
                    "only pipes at 0, 1 and 2 are connected to the restorer's own; checkpoint the other process too, or let it close the pipe");
                return;
            }
        }
        PipeContent? content = null;
        if (reader is not null)
        {
            using Fd duplicate = inspection.Duplicate(reader);
            content = PipeData.Capture(duplicate, pipeId, ends.Exists(d => (d.Flags & O_DIRECT) != 0));
            if (content is null)
            {
                inspection.Refuse(reader, "holds data that can't be copied: this user's pipes have no room for it",
                    "let the process read it, or raise /proc/sys/fs/pipe-user-pages-soft");
                return;
            }
        }
        if (outside)
            content = LeaveOutside(inspection, ends[0], content);
        else if (content is not null && (content.Data.Length > 0 || content.Capacity is not null))
            inspection.Images.PipeData.Add(PipeImage.ToData(content));
        foreach (OpenDescription end in ends)
        {
            if (inspection.TryOwner(end, out SignalOwner owner))
                inspection.Add(end, PipeImage.ToEntry(new PipeState(pipeId, (uint)end.Flags, owner, outside)));
        }
    }

    /// <summary>When nobody has the other end any more, that is the pipe's state, and it is captured as it is.</summary>
    private static bool IsOtherEndClosed(FileInspection inspection, OpenDescription end)
    {
        using Fd duplicate = inspection.Duplicate(end);
        return (FileCalls.Poll(duplicate, 0) & (POLLHUP | POLLERR)) != 0;
    }

    private static bool IsRehomed(FileInspection inspection, List<OpenDescription> ends) =>
        inspection.Options.InheritStandardStreams && ends.Exists(d => d.IsStandardStream);

    /// <summary>CRIU's rule is to leave the question to the restore: it connects the pipe by --inherit-fd, or finds the other end closed.</summary>
    private static bool IsExpected(FileInspection inspection, uint pipeId) =>
        !inspection.Options.InheritStandardStreams || inspection.Options.External.Contains(Key(pipeId));

    private static PipeContent? LeaveOutside(FileInspection inspection, OpenDescription end, PipeContent? content)
    {
        string stream = StandardStreams.NameOf(end.Slots[0].Number);
        string unread = content is { Data.Length: > 0 } ? $"; {content.Data.Length} bytes that wait unread in it stay behind" : "";
        inspection.Note($"{stream} is a pipe to another process: after a restore it is the restorer's own {stream}{unread}");
        return null;
    }

    private static string Key(uint pipeId) => $"pipe:[{pipeId}]";

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        var states = descriptions.Select(d => (Description: d, State: PipeImage.FromEntry(d.Entry)));
        foreach (var pipe in states.GroupBy(item => item.State.PipeId))
        {
            var own = new List<(RestoredDescription Description, PipeState State)>();
            foreach ((RestoredDescription description, PipeState state) in pipe)
            {
                if (restore.TryInherit(description, Key(state.PipeId)))
                    continue;
                if (state.Outside)
                    StandardStreams.Rehome(restore, description, writes: IsWriter(state));
                else
                    own.Add((description, state));
            }
            if (own.Count > 0)
                CompilePipe(restore, own, PipeImage.FromData(restore.Images.PipeData, pipe.Key));
        }
    }

    private static bool IsWriter(PipeState state) => (state.Flags & O_ACCMODE) == O_WRONLY;

    private static bool IsReader(PipeState state) => (state.Flags & O_ACCMODE) == O_RDONLY;

    private static void CompilePipe(FileRestore restore, List<(RestoredDescription Description, PipeState State)> ends, PipeContent content)
    {
        string label = string.Join(" and ", ends.Take(2).Select(end => end.Description.Label));
        uint made = content.Packets.Count > 0 ? (uint)O_DIRECT : 0;
        int reader = restore.Table.TakeLowest();
        int writer = restore.Table.TakeLowest();
        restore.Program.Call($"create the pipe of {label}", SyscallNumber.pipe2, restore.Program.Space(8), O_CLOEXEC | made);
        PipeData.Compile(restore, content, writer, label);
        var opened = new List<(int Opened, RestoredDescription? Description)>();
        int firstReader = ends.FindIndex(end => IsReader(end.State));
        int firstWriter = ends.FindIndex(end => IsWriter(end.State));
        opened.Add((reader, firstReader < 0 ? null : ends[firstReader].Description));
        opened.Add((writer, firstWriter < 0 ? null : ends[firstWriter].Description));
        for (int i = 0; i < ends.Count; i++)
        {
            if (i == firstReader || i == firstWriter)
                continue;
            // Both ends are still open here, so that no open has to wait for a partner.
            int again = restore.Reopen(reader, (int)ends[i].State.Flags & (O_ACCMODE | O_DIRECT | O_NONBLOCK), ends[i].Description.Label);
            opened.Add((again, ends[i].Description));
        }
        restore.Place(opened);
        for (int i = 0; i < ends.Count; i++)
        {
            (RestoredDescription description, PipeState state) = ends[i];
            restore.SetFlags(description.First, state.Flags, i == firstReader || i == firstWriter ? made : state.Flags, description.Label);
            state.Owner.Compile(restore, description);
        }
    }
}
