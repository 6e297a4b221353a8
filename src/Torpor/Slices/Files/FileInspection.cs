using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Files;

/// <summary>What a kind reads descriptions with, and where it puts their entries.</summary>
internal sealed class FileInspection(CaptureTree tree, IReadOnlyList<OpenDescription> all)
{
    private readonly Dictionary<(CaptureContext, int), OpenDescription> _byNumber =
        all.SelectMany(description => description.Holdings, (description, holding) => (description, holding)).ToDictionary(item => (item.holding.Process, item.holding.Slot.Number), item => item.description);

    public CaptureTree Tree { get; } = tree;

    public CheckpointOptions Options => Tree.Options;

    public TreeImages Images => Tree.Images;

    /// <summary>Every description of the tree.</summary>
    public IReadOnlyList<OpenDescription> All { get; } = all;

    public OpenDescription? ByNumber(CaptureContext process, int number) => _byNumber.GetValueOrDefault((process, number));

    /// <summary>
    /// A duplicate of the target's description in this process, to ask it questions. It shares everything with the
    /// target's: reading from it would take the data away.
    /// </summary>
    public Fd Duplicate(OpenDescription description) => description.Duplicate();

    public void Refuse(OpenDescription description, string reason, string? remedy = null) =>
        description.Process.Refusals.Add(description.ToString(), reason, remedy);

    public void Note(string note) => Tree.Notes.Add(note);

    /// <summary>Adds the entry under a fresh id.</summary>
    public void Add(OpenDescription description, FileEntry entry)
    {
        description.Id = Images.AddFile(entry);
        FileEntryIds.Repeat(entry);
    }

    /// <summary>As <see cref="TryOwner"/>, for a socket, with the options that sockets of every family have.</summary>
    public bool TrySocket(OpenDescription description, Fd duplicate, out SignalOwner owner, out SkOptsEntry settings)
    {
        settings = new SkOptsEntry();
        if (!TryOwner(description, out owner))
            return false;
        if (SocketSettings.TryCapture(duplicate, out settings, out string reason))
            return true;
        Refuse(description, reason, "let the process remove it");
        return false;
    }

    /// <summary>Adds an entry with the path of what a description of another kind was opened by; returns its id.</summary>
    public uint AddPath(OpenDescription description, SignalOwner owner)
    {
        FileEntry file = Regular.RegularImage.ToEntry(new Regular.RegularState(description.Path, (uint)description.Flags, 0, owner, description.Status.Mode, null));
        uint id = Images.AddFile(file);
        FileEntryIds.Repeat(file);
        return id;
    }

    /// <summary>
    /// Reads what every kind has in common: who gets its signals. Refuses what no kind supports: signals that go to
    /// others.
    /// </summary>
    /// <returns>False when the description was refused.</returns>
    public bool TryOwner(OpenDescription description, out SignalOwner owner)
    {
        owner = SignalOwner.Nobody;
        if (description.IsPathOnly)
            return true;
        using Fd duplicate = Duplicate(description);
        return SignalOwner.TryCapture(this, description, duplicate, out owner);
    }
}
