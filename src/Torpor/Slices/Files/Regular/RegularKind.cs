using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Files.Regular;

/// <summary>Regular files, those without a name included. Brings back everything that is opened by a path.</summary>
internal sealed class RegularKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Reg;

    public bool Recognizes(OpenDescription description) => description.Status.IsRegular && description.Link.StartsWith('/') && !description.Link.StartsWith("/secretmem", StringComparison.Ordinal);

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (description.Status.LinkCount == 0)
                GhostCapture.Inspect(inspection, description);
            else if (!description.IsDeleted)
                NamedFiles.Inspect(inspection, description, withSize: true);
            else if (OtherNames.Find(inspection, description) is { } name)
                NamedFiles.Inspect(inspection, description, withSize: true, name);
            else
                inspection.Refuse(description, "was deleted under this name but lives on under another, which was not found " + OtherNames.Places, "link it into the directory where it was, or delete the other name too");
        }
    }

    public void Capture(CaptureTree tree) => GhostCapture.Write(tree);

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        var ghosts = new SortedDictionary<uint, List<(RestoredDescription Description, RegularState State)>>();
        foreach (RestoredDescription description in descriptions)
        {
            RegularState state = RegularImage.FromEntry(description.Entry);
            if (restore.TryInherit(description, state.Path, state.Path.TrimStart('/')))
                continue;
            if (Ghost.IdOf(restore.Images, description.Id) is { } ghost)
            {
                if (!ghosts.TryGetValue(ghost, out var list))
                    ghosts.Add(ghost, list = []);
                list.Add((description, state));
                continue;
            }
            NamedFiles.Check(restore.Tree, state, description.Label);
            NamedFiles.Compile(restore, description, state);
        }
        foreach (var ghost in ghosts)
            GhostRestore.Compile(restore, ghost.Key, ghost.Value);
    }
}
