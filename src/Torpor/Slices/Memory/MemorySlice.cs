using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>Address spaces: mappings with their contents, the program break, argument areas and <c>/proc/PID/exe</c>.</summary>
internal sealed class MemorySlice : ISlice
{
    public string Name => "memory";

    public void Inspect(CaptureTree tree)
    {
        var shared = new SharedMemoryCapture(tree);
        var entries = new MappedFileEntries(tree);
        tree.State.Set(shared);
        foreach (CaptureContext process in Owners(tree))
        {
            var capture = new MemoryCapture(process, shared, entries);
            process.State.Set(capture);
            capture.Inspect();
        }
        shared.Inspect();
    }

    /// <summary>One process for each address space: processes may share one (CLONE_VM).</summary>
    private static IEnumerable<CaptureContext> Owners(CaptureTree tree) => KernelObjects.Of(tree).Owners(KcmpType.KCMP_VM);

    public void Ask(CaptureContext context)
    {
        if (context.State.TryGet(out MemoryCapture? capture))
            capture.Ask();
        if (context == context.Tree.Root)
            context.Tree.State.Get<SharedMemoryCapture>().Ask();
    }

    public void Capture(CaptureTree tree)
    {
        List<CaptureContext> owners = [.. Owners(tree)];
        foreach (CaptureContext process in owners)
            process.State.Get<MemoryCapture>().Scan();
        foreach (CaptureContext process in owners)
            process.State.Get<MemoryCapture>().CapturePrivate();
        tree.State.Get<SharedMemoryCapture>().Capture(process => process.State.Get<MemoryCapture>());
        foreach (CaptureContext process in owners)
            process.State.Get<MemoryCapture>().Describe();
        foreach (CaptureContext process in tree.Processes.Except(owners))
            process.Images.Mm = KernelObjects.Of(tree).OwnerFor(process, KcmpType.KCMP_VM).Images.Mm;
    }

    public void Compile(RestoreTree tree)
    {
        List<(RestoreContext Process, List<RestoredMapping> Mappings)> spaces = [.. tree.Processes.Where(process => process.MemoryOwner is null)
            .Select(process => (process, process.Images.Mm.Vmas.Select(entry => new RestoredMapping(MappingImage.FromEntry(entry))).ToList()))];
        var shared = new SharedMemoryRestore(tree);
        shared.Create(spaces);
        foreach ((RestoreContext process, List<RestoredMapping> mappings) in spaces)
            new MemoryRestore(process, mappings, shared).Compile();
        shared.Seal();
    }
}
