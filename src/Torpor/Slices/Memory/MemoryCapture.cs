using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>Captures one process's memory: what the slice keeps between its phases.</summary>
internal sealed class MemoryCapture
{
    private readonly CaptureContext _context;
    private readonly MappedFiles _files;
    private readonly SharedMemoryCapture _shared;
    private readonly List<ClassifiedMapping> _mappings = [];
    private readonly Dictionary<MemoryMapping, MappedFile> _paths = new(ReferenceEqualityComparer.Instance);
    private MappedFile? _executable;
    private SharedObject? _deletedExecutable;
    private ProcStat _stat = null!;
    private StepReference _brk;
    private MappingPages[] _pages = [];

    public MemoryCapture(CaptureContext context, SharedMemoryCapture shared, MappedFileEntries entries)
    {
        _context = context;
        _files = new MappedFiles(context.Proc, entries);
        _shared = shared;
    }

    public void Inspect()
    {
        _stat = _context.Proc.Stat();
        foreach (MemoryMapping mapping in _context.Proc.Smaps())
        {
            if (mapping.UnknownVmFlags.Count > 0)
                _context.Notes.Add($"{MappingClassifier.Label(mapping)} has flags that are not known here: {string.Join(' ', mapping.UnknownVmFlags)}");
            if (MappingClassifier.Classify(mapping, _context.Refusals) is { } classified)
                _mappings.Add(Resolve(classified));
        }
        MemoryPolicy.Inspect(_context);
        InspectExecutable();
    }

    /// <summary>Finds the file of a mapping, or makes a shared object of what has no path.</summary>
    private ClassifiedMapping Resolve(ClassifiedMapping mapping)
    {
        switch (mapping.Backing)
        {
            case MappingBacking.None:
                return mapping;
            case MappingBacking.File or MappingBacking.DeletedFile when _files.Find(mapping.Source) is { } file:
                if (!file.Status.IsRegular)
                    _context.Refusals.Add(MappingClassifier.Label(mapping.Source), "shows a device", "close the device in the program before the checkpoint");
                _paths[mapping.Source] = file;
                return mapping with { Backing = MappingBacking.File };
            case MappingBacking.File:
                // Its path leads to another file, or nowhere, without the kernel calling it deleted: covered by a mount.
                mapping = mapping with { Backing = MappingBacking.DeletedFile };
                break;
        }
        _shared.AddView(_context, mapping);
        return mapping;
    }

    private void InspectExecutable()
    {
        _executable = _files.FindExecutable();
        if (_executable is not null)
            return;
        FileStatus status = _context.Proc.FollowedStatus("exe");
        ClassifiedMapping? code = _mappings.FirstOrDefault(m => m.Source.Inode == status.Inode && m.Backing == MappingBacking.DeletedFile);
        _deletedExecutable = _shared.Deleted(code?.Source.Device ?? status.Device, status.Inode, _context.Proc.ReadLink("exe"));
        _deletedExecutable.Descriptor ??= FileCalls.Open(_context.Proc.PathOf("exe"), Linux.Uapi.Fcntl.O_RDONLY);
    }

    public void Ask()
    {
        // brk(0) changes nothing and tells the current end.
        _brk = _context.Leader.Query.Call("ask for the program break", Expectation.Any, SyscallNumber.brk, 0);
    }

    /// <summary>Finds the pages that are the process's own.</summary>
    public void Scan()
    {
        List<MappingState> states = [.. _mappings.Select(m => m.State)];
        List<PageRun> runs = PageRuns.Scan(_context.Proc, states);
        _pages = PageRuns.Distribute(runs, states);
        _context.Tree.State.GetOrAdd<CaptureFigures>().PagesExpected += Enumerable.Range(0, _pages.Length)
            .Where(IsKept).Sum(i => _pages[i].Own.Sum(range => (long)(range.Length / UserMemory.PageSize)));
    }

    private bool IsKept(int index) => !_mappings[index].State.Has(MappingTraits.Droppable);

    /// <summary>The pages of a mapping, once they are captured.</summary>
    public MappingPages PagesOf(ClassifiedMapping mapping) => _pages[_mappings.FindIndex(other => other.State.Start == mapping.State.Start)];

    /// <summary>Fills the images, once shared memory is captured, too.</summary>
    public void Describe()
    {
        MmEntry mm = _context.Images.Mm;
        for (int i = 0; i < _mappings.Count; i++)
        {
            MappingState state = _mappings[i].State with { Guards = _pages[i].Guards, BackingId = Backing(_mappings[i]) };
            mm.Vmas.Add(MappingImage.ToEntry(state));
        }
        FillMm(mm);
    }

    /// <summary>Writes them.</summary>
    public void CapturePrivate()
    {
        MappingPages[] pages = _pages;
        var source = PageSource.Of(_context);
        using var writer = new PageWriter(_context.Tree, ImageName.Pagemap(_context.InnerPid), SharedObjects.Of(_context).NextPagesId());
        // One copy for neighbours of one kind, so that small mappings share a read.
        for (int i = 0; i < pages.Length;)
        {
            bool file = _mappings[i].State.Kind == MappingKind.FilePrivate;
            int end = i;
            while (end < pages.Length && file == (_mappings[end].State.Kind == MappingKind.FilePrivate))
                end++;
            int first = i;
            writer.Copy(source, Enumerable.Range(first, end - first).Where(IsKept).SelectMany(n => pages[n].Own), keepZero: file);
            i = end;
        }
        writer.Finish();
    }

    private uint Backing(ClassifiedMapping mapping) => mapping.Backing switch
    {
        MappingBacking.None => 0,
        MappingBacking.File when mapping.State.Has(MappingTraits.MayWrite) =>
            _files.Entry(_paths[mapping.Source], write: true),
        MappingBacking.File => _files.Entry(_paths[mapping.Source], write: false),
        _ => _shared.ImageId(mapping),
    };

    private void FillMm(MmEntry mm)
    {
        mm.MmStartCode = _stat.StartCode.Value;
        mm.MmEndCode = _stat.EndCode.Value;
        mm.MmStartData = _stat.StartData.Value;
        mm.MmEndData = _stat.EndData.Value;
        mm.MmStartStack = _stat.StartStack.Value;
        mm.MmStartBrk = _stat.StartBrk.Value;
        mm.MmBrk = (ulong)_context.Leader.Answers![_brk].Raw;
        mm.MmArgStart = _stat.ArgStart.Value;
        mm.MmArgEnd = _stat.ArgEnd.Value;
        mm.MmEnvStart = _stat.EnvStart.Value;
        mm.MmEnvEnd = _stat.EnvEnd.Value;
        mm.MmSavedAuxv.AddRange(_context.Proc.Auxv());
        mm.ExeFileId = _executable is not null
            ? _files.Entry(_executable, write: false)
            : _shared.FileId(_deletedExecutable!);
    }
}
