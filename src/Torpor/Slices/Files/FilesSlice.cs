using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;
using Torpor.Model;

namespace Torpor.Slices.Files;

/// <summary>The descriptor tables of a tree, and every open file description in them.</summary>
internal sealed class FilesSlice : ISlice
{
    public string Name => "Files";

    public void Inspect(CaptureTree tree)
    {
        // Processes may share a table (CLONE_FILES).
        List<OpenDescription> all = DescriptorSurvey.Run(KernelObjects.Of(tree).Owners(Linux.KcmpType.KCMP_FILES));
        tree.State.Set(new Survey(all));
        var inspection = new FileInspection(tree, all);
        foreach (IGrouping<IFileKind, OpenDescription> group in all.Where(description => !IsRefusedInFlight(inspection, description)).GroupBy(FileKinds.Of))
            group.Key.Inspect(inspection, [.. group]);
    }

    /// <summary>What watches others by the numbers of a table has to be in one.</summary>
    private static bool IsRefusedInFlight(FileInspection inspection, OpenDescription description)
    {
        if (description.InFlight is null || !FileKinds.Of(description).NeedsTable)
            return false;
        inspection.Refuse(description, "was sent to a socket (SCM_RIGHTS), and no process holds it meanwhile", "try again once the process has received it");
        return true;
    }

    public void Capture(CaptureTree tree)
    {
        foreach (OpenDescription description in tree.State.Get<Survey>().All)
        {
            foreach ((CaptureContext process, TableSlot slot) in description.Holdings)
            {
                process.Images.Descriptors.Add(new FdinfoEntry
                {
                    Id = description.Id,
                    Fd = (uint)slot.Number,
                    Flags = slot.CloseOnExec ? 1u : 0u,
                    Type = tree.Images.Files[description.Id].Type,
                });
            }
        }
        foreach (IFileKind kind in FileKinds.All)
            kind.Capture(tree);
        foreach (OpenDescription description in tree.State.Get<Survey>().All)
            description.InFlight?.Dispose();
    }

    public void Compile(RestoreTree tree)
    {
        List<RestoredDescription> all = Collect(tree);
        CheckLimit(tree);
        var restore = new FileRestore(tree, all);
        var groups = all.GroupBy(description => FileKinds.Restoring(description.Entry.Type))
            .Select(group => (Kind: group.Key, Descriptions: group.ToList()))
            .OrderBy(group => FileKinds.Order(group.Kind))
            .ToList();
        foreach ((IFileKind? kind, List<RestoredDescription> descriptions) in groups)
        {
            if (kind is null)
                throw new TorporException(FailureKind.Refused, $"{descriptions[0]} is of a type that is not supported yet: {descriptions[0].Entry.Type}",
                    "restore this checkpoint with CRIU");
            kind.Compile(restore, descriptions);
        }
        Place(tree, all);
        foreach ((SignalOwner owner, RestoredDescription description) in restore.Owners)
            owner.Emit(tree.Root.Process, description);
        foreach (Terminal.ControllingTerminal terminal in restore.ControllingTerminals)
            terminal.Compile(tree);
        // Ordering: connections between descriptions last, because an epoll set may hold any of them.
        foreach ((IFileKind? kind, List<RestoredDescription> descriptions) in groups)
        {
            foreach (IGrouping<RestoreContext?, RestoredDescription> own in descriptions.GroupBy(description => description.Holder))
            {
                if (own.Key is { } holder)
                    kind!.Connect(new FileConnection(holder, all), [.. own]);
            }
        }
        foreach (RestoredDescription description in all)
            SignalDriven.Compile(tree.Images, description);
    }

    /// <summary>Every process takes its descriptors from the inherited range. No number of any process lies in it.</summary>
    private static void Place(RestoreTree tree, List<RestoredDescription> all)
    {
        foreach ((RestoredDescription description, RestoredSlot slot) in all.SelectMany(d => d.Slots, (d, slot) => (d, slot)).OrderBy(item => item.slot.Number))
            slot.Process.Descriptors.Duplicate(slot.Process.Process, slot.Source ?? description.First, slot.Number, slot.Slot.CloseOnExec);
    }

    /// <summary>The root starts with the hard limit; each process's own, which may be lower than its descriptors, comes after all of them.</summary>
    private static void CheckLimit(RestoreTree tree)
    {
        const int RLIMIT_NOFILE = 7;
        ulong needed = (ulong)Math.Max(tree.Layout.End, tree.Images.Processes.SelectMany(process => process.Descriptors).Select(slot => (long)slot.Fd + 1).DefaultIfEmpty(0).Max());
        ulong hard = ProcTask.Self.Limits()[RLIMIT_NOFILE].Hard;
        if (hard < needed)
        {
            throw new TorporException(FailureKind.PrivilegeMissing, $"the process needs {needed} descriptors, and the limit here is {hard}",
                "raise the hard limit (ulimit -Hn)");
        }
    }

    /// <summary>The tables as the images have them, checked: an image may say anything.</summary>
    private static List<RestoredDescription> Collect(RestoreTree tree)
    {
        var byId = new SortedDictionary<uint, RestoredDescription>();
        foreach (RestoreContext process in tree.Processes.Where(process => process.DescriptorsOwner is null))
        {
            var numbers = new HashSet<uint>();
            foreach (FdinfoEntry slot in process.Images.Descriptors.OrderBy(slot => slot.Fd))
            {
                if (slot.Fd >= DescriptorLayout.MaximumNumber)
                    throw FileRestore.Damaged($"the descriptor table has a descriptor {slot.Fd}, above what the kernel allows");
                if (!numbers.Add(slot.Fd))
                    throw FileRestore.Damaged($"the descriptor table has descriptor {slot.Fd} twice");
                if (!byId.TryGetValue(slot.Id, out RestoredDescription? description))
                {
                    if (!tree.Images.Files.TryGetValue(slot.Id, out FileEntry? entry))
                        throw FileRestore.Damaged($"descriptor {slot.Fd} leads to file id {slot.Id}, which files.img does not have");
                    byId.Add(slot.Id, description = new RestoredDescription(entry));
                }
                description.Slots.Add(new RestoredSlot(process, new TableSlot((int)slot.Fd, (slot.Flags & 1) != 0)));
            }
        }
        CollectQueued(tree, byId);
        return [.. byId.Values];
    }

    /// <summary>Descriptions that travel in queues; no table may lead to them.</summary>
    private static void CollectQueued(RestoreTree tree, SortedDictionary<uint, RestoredDescription> byId)
    {
        foreach (uint id in tree.Images.SocketPackets.SelectMany(packet => packet.Entry.Scm).SelectMany(scm => scm.Rights))
        {
            if (byId.ContainsKey(id))
                continue;
            if (!tree.Images.Files.TryGetValue(id, out FileEntry? entry))
                throw FileRestore.Damaged($"a descriptor in flight leads to file id {id}, which files.img does not have");
            byId.Add(id, new RestoredDescription(entry));
        }
    }

    private sealed record Survey(IReadOnlyList<OpenDescription> All);
}
