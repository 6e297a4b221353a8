using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files;

/// <summary>What a kind emits its part of the plan with: the root runs it before any other process exists.</summary>
internal sealed class FileRestore(RestoreTree tree, IReadOnlyList<RestoredDescription> all)
{
    /// <summary>The flags that F_SETFL changes.</summary>
    public const int SettableFlags = O_APPEND | O_DIRECT | O_NOATIME | O_NONBLOCK;

    public RestoreTree Tree { get; } = tree;

    public TreeImages Images => Tree.Images;

    public RestoreOptions Options => Tree.Options;

    public SyscallProgram Program => Tree.Opening;

    public DescriptorTable Table => Tree.Descriptors;

    public IReadOnlyList<RestoredDescription> All { get; } = all;

    /// <summary>Taken by session leaders once all processes exist.</summary>
    public List<Terminal.ControllingTerminal> ControllingTerminals { get; } = [];

    /// <summary>Who is to get signals of which description; set once all processes exist.</summary>
    public List<(SignalOwner Owner, RestoredDescription Description)> Owners { get; } = [];

    /// <summary>Keeps a description that was just opened for all processes, which put it on its numbers later.</summary>
    public void Place(int opened, RestoredDescription description) => description.First = Table.Keep(Program, opened);

    /// <summary>As <see cref="Place(int, RestoredDescription)"/>, for several; what nobody wants is closed.</summary>
    public void Place(IEnumerable<(int Opened, RestoredDescription? Description)> opened)
    {
        foreach ((int number, RestoredDescription? description) in opened)
        {
            if (description is null)
                Table.Close(Program, number);
            else
                Place(number, description);
        }
    }

    /// <summary>Puts a descriptor that the tool passes in on all the description's numbers.</summary>
    public void PlacePassed(int passed, RestoredDescription description) => description.First = passed;

    /// <summary>Puts a descriptor that the tool passes in on some of the description's numbers.</summary>
    public void PlacePassed(int passed, RestoredDescription description, IEnumerable<RestoredSlot> slots)
    {
        if (!description.IsPlaced)
            description.First = passed;
        foreach (RestoredSlot slot in slots)
            slot.Source = passed;
    }

    /// <summary>Emits the status flags where they differ from those that the call gave which made the description.</summary>
    public void SetFlags(int fd, uint flags, uint made, string label)
    {
        uint wanted = flags & SettableFlags;
        if (wanted != (made & SettableFlags))
            Program.Call($"set the status flags of {label}", SyscallNumber.fcntl, fd, F_SETFL, wanted);
    }

    /// <summary>Opens a path for one description, and puts it in place.</summary>
    public void OpenPath(RestoredDescription description, string path, int flags)
    {
        int fd = Table.Open(Program, $"open {path} ({description})", SyscallNumber.openat, AT_FDCWD, Program.Text(path), flags | O_CLOEXEC, 0);
        Place(fd, description);
    }

    /// <summary>
    /// One more description of an object without a path, by the link of an open descriptor in /proc. The access mode may be
    /// another than that of the descriptor.
    /// </summary>
    public int Reopen(int fd, int flags, string label) =>
        Table.Open(Program, $"reopen descriptor {fd} ({label})", SyscallNumber.openat, AT_FDCWD, Program.Text($"/proc/self/fd/{fd}"), flags | O_CLOEXEC, 0);

    /// <summary>A descriptor that the caller gives for an outside object, by the first of the keys that it was given under; then placed.</summary>
    public bool TryInherit(RestoredDescription description, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (!Options.InheritDescriptors.TryGetValue(key, out int local))
                continue;
            PlacePassed(Table.Pass(StandardStreams.Duplicate(local, key)), description);
            description.IsRehomed = true;
            return true;
        }
        return false;
    }

    public static TorporException Damaged(string what) =>
        new(FailureKind.ImageDamaged, what, "make a new checkpoint; this one is not whole");
}
