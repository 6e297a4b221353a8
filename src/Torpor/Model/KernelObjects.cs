using Torpor.Images.Messages;
using Torpor.Linux;

namespace Torpor.Model;

/// <summary>
/// Which processes share their memory, descriptor table, fs, or signal handlers, see clone(2): each object gets a number,
/// and those who share it have the same one.
/// </summary>
internal sealed class KernelObjects
{
    private static readonly KcmpType[] s_kinds = [KcmpType.KCMP_VM, KcmpType.KCMP_FILES, KcmpType.KCMP_FS, KcmpType.KCMP_SIGHAND];

    private readonly Dictionary<(Pid, KcmpType), uint> _ids = [];
    private readonly Dictionary<(KcmpType Kind, uint Id), CaptureContext> _first = [];

    private KernelObjects()
    {
    }

    /// <summary>Those of a tree, compared once.</summary>
    public static KernelObjects Of(CaptureTree tree)
    {
        if (tree.State.TryGet(out KernelObjects? known))
            return known;
        KernelObjects objects = Compare(tree.Processes);
        tree.State.Set(objects);
        return objects;
    }

    private static KernelObjects Compare(IReadOnlyList<CaptureContext> processes)
    {
        var objects = new KernelObjects();
        foreach (KcmpType kind in s_kinds)
            objects.Number(processes, kind);
        return objects;
    }

    private void Number(IReadOnlyList<CaptureContext> processes, KcmpType kind)
    {
        var ordered = new List<(CaptureContext Process, uint Id)>();
        uint last = 0;
        foreach (CaptureContext process in processes)
        {
            int at = KcmpCalls.Search(ordered, other => KcmpCalls.Compare(kind, process.Pid.Leader, other.Process.Pid.Leader));
            if (at < 0)
            {
                at = ~at;
                ordered.Insert(at, (process, ++last));
                _first.Add((kind, last), process);
            }
            _ids[(process.Pid, kind)] = ordered[at].Id;
        }
    }

    public TaskKobjIdsEntry IdsOf(CaptureContext process) => new()
    {
        VmId = _ids[(process.Pid, KcmpType.KCMP_VM)],
        FilesId = _ids[(process.Pid, KcmpType.KCMP_FILES)],
        FsId = _ids[(process.Pid, KcmpType.KCMP_FS)],
        SighandId = _ids[(process.Pid, KcmpType.KCMP_SIGHAND)],
        PidNsId = 1,
        NetNsId = 1,
        IpcNsId = 1,
        UtsNsId = 1,
        MntNsId = 1,
        UserNsId = 1,
        CgroupNsId = 1,
        TimeNsId = 1,
    };

    /// <summary>The first process, root first, that has each object of a kind: the one to capture it for all who share it.</summary>
    public IEnumerable<CaptureContext> Owners(KcmpType kind) => _first.Where(item => item.Key.Kind == kind).OrderBy(item => item.Key.Id).Select(item => item.Value);

    /// <summary>The process that captures an object for this one; itself when it does.</summary>
    public CaptureContext OwnerFor(CaptureContext process, KcmpType kind) => _first[(kind, _ids[(process.Pid, kind)])];
}
