using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;

namespace Torpor.Slices.Files;

/// <summary>The descriptor table, and every open file description in it.</summary>
internal sealed class FilesSlice : ISlice
{
    public string Name => "Files";

    public void Inspect(CaptureContext context)
    {
        List<OpenDescription> all = DescriptorSurvey.Run(context);
        context.State.Set(new Survey(all));
        var inspection = new FileInspection(context, all);
        foreach (IGrouping<IFileKind, OpenDescription> group in all.GroupBy(FileKinds.Of))
            group.Key.Inspect(inspection, [.. group]);
    }

    public void Capture(CaptureContext context)
    {
        foreach (OpenDescription description in context.State.Get<Survey>().All)
        {
            foreach (TableSlot slot in description.Slots)
            {
                context.Images.Descriptors.Add(new FdinfoEntry
                {
                    Id = description.Id,
                    Fd = (uint)slot.Number,
                    Flags = slot.CloseOnExec ? 1u : 0u,
                    Type = context.Images.Files[description.Id].Type,
                });
            }
        }
        foreach (IFileKind kind in FileKinds.All)
            kind.Capture(context);
    }

    public void Compile(RestoreContext context)
    {
        List<RestoredDescription> all = Collect(context);
        var restore = new FileRestore(context, all);
        CheckLimit(context);
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
        // Ordering: connections between descriptions last, because an epoll set may hold any of them.
        foreach ((IFileKind? kind, List<RestoredDescription> descriptions) in groups)
            kind!.Connect(restore, descriptions);
    }

    /// <summary>The task starts with the hard limit; its own, which may be lower than its descriptors, comes after all of them.</summary>
    private static void CheckLimit(RestoreContext context)
    {
        const int RLIMIT_NOFILE = 7;
        ulong needed = (ulong)context.Descriptors.PassBase + PassedAtMost;
        ulong hard = ProcTask.Self.Limits()[RLIMIT_NOFILE].Hard;
        if (hard < needed)
        {
            throw new TorporException(FailureKind.PrivilegeMissing, $"the process needs {needed} descriptors, and the limit here is {hard}",
                "raise the hard limit (ulimit -Hn)");
        }
    }

    /// <summary>The table as the image has it, checked: an image may say anything.</summary>
    private static List<RestoredDescription> Collect(RestoreContext context)
    {
        var byId = new SortedDictionary<uint, RestoredDescription>();
        var numbers = new HashSet<uint>();
        foreach (FdinfoEntry slot in context.Images.Descriptors.OrderBy(slot => slot.Fd))
        {
            if (slot.Fd >= MaximumNumber || slot.Fd >= context.Descriptors.PassBase)
                throw FileRestore.Damaged($"the descriptor table has a descriptor {slot.Fd}, above what the kernel allows");
            if (!numbers.Add(slot.Fd))
                throw FileRestore.Damaged($"the descriptor table has descriptor {slot.Fd} twice");
            if (!byId.TryGetValue(slot.Id, out RestoredDescription? description))
            {
                if (!context.Images.Files.TryGetValue(slot.Id, out FileEntry? entry))
                    throw FileRestore.Damaged($"descriptor {slot.Fd} leads to file id {slot.Id}, which files.img does not have");
                byId.Add(slot.Id, description = new RestoredDescription(entry));
            }
            description.Slots.Add(new TableSlot((int)slot.Fd, (slot.Flags & 1) != 0));
        }
        return [.. byId.Values];
    }

    /// <summary>The kernel's ceiling for fs.nr_open is about a billion; its default is 2^20, and no program has more.</summary>
    private const uint MaximumNumber = 1 << 24;

    /// <summary>Descriptors that the tool passes in are few, but how many is not known before all slices have compiled.</summary>
    private const ulong PassedAtMost = 64;

    private sealed record Survey(IReadOnlyList<OpenDescription> All);
}
