using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;
using static Torpor.Tracing.CloneArguments;

namespace Torpor.Slices.ProcessTree;

/// <summary>
/// Works out how a tree comes into being. A process gets its parent and its session by being cloned at the right moment by
/// the right process; where that one has ended since, a helper with its id takes its place and ends again. Pure.
/// </summary>
internal sealed class CreationPlan
{
    public const int SIGCHLD = 17;

    /// <summary>See wait(2).</summary>
    private const int __WALL = 0x40000000;

    /// <summary>Below, the kernel gives ids to processes of its own start only; above, a small machine has none.</summary>
    private const uint LowestId = 300, HighestId = 32767;

    private readonly IReadOnlyList<ProcessImages> _images;
    private readonly Dictionary<uint, Node> _nodes = [];
    private readonly List<CreationStep> _steps = [];
    private readonly List<Node> _later = [];

    /// <summary>Signals that parents get while the tree is made.</summary>
    private readonly List<(uint Parent, int Signal)> _sent = [];

    private readonly bool _setUser;
    private readonly Func<uint, bool> _isTaken;
    private readonly List<RestoreContext> _created;
    private readonly Dictionary<uint, RestoreContext> _contexts;
    private uint _lastHelper;

    /// <summary>A process as it stands at the current end of the plan.</summary>
    private sealed class Node(ProcessImages images)
    {
        public ProcessImages Images { get; } = images;

        public uint Pid => Images.Pid;

        public PstreeEntry Wanted => Images.Process;

        public uint Session { get; set; }

        public uint Group { get; set; }

        public bool Exists { get; set; }

        public List<Node> Children { get; } = [];
    }

    /// <param name="images">Every process, the root first.</param>
    /// <param name="processes">Those that are alive; put into the order of their creation.</param>
    /// <param name="setUser">Whether what has ended gets the user that it had.</param>
    /// <param name="isTaken">Whether something outside the tree has an id.</param>
    public CreationPlan(IReadOnlyList<ProcessImages> images, List<RestoreContext> processes, bool setUser, Func<uint, bool> isTaken)
    {
        _isTaken = isTaken;
        _setUser = setUser;
        _images = images;
        _created = processes;
        _contexts = processes.ToDictionary(process => process.Images.Pid);
        foreach (ProcessImages process in images)
            _nodes.Add(process.Pid, new Node(process));
        foreach (ProcessImages process in images.Skip(1))
            _nodes[process.Process.Ppid].Children.Add(_nodes[process.Pid]);
    }

    public IReadOnlyList<CreationStep> Compile()
    {
        _created.Clear();
        Node root = _nodes[_images[0].Pid];
        if (root.Images.IsDead)
            throw new TorporException(FailureKind.ImageDamaged, "the root of the tree has ended already", "take the checkpoint again");
        root.Session = root.Wanted.Sid == root.Pid ? 0 : root.Wanted.Sid;
        root.Group = root.Wanted.Pgid == root.Pid ? 0 : root.Wanted.Pgid;
        _created.Add(_contexts[root.Pid]);
        Populate(root);
        for (int i = 0; i < _later.Count; i++)
            Orphan(_later[i]);
        MakeGroups();
        StopChildren();
        EndZombies();
        DrainChildSignals();
        CheckShared();
        return _steps;
    }

    /// <summary>Builds a process that exists, and clones its children.</summary>
    private void Populate(Node node)
    {
        if (!node.Images.IsDead)
            _steps.Add(new CreationStep.Build(node.Pid));
        var waiting = new List<Node>(node.Children);
        if (node.Wanted.Sid == node.Pid && node.Session != node.Pid)
        {
            // Ordering: children that stayed in the old session before the new one starts.
            CloneAll(node, waiting, child => child.Wanted.Sid != child.Pid && child.Wanted.Sid == node.Session && node.Session != 0);
            StartSession(node);
        }
        CloneAll(node, waiting, child => child.Wanted.Sid == node.Session || child.Wanted.Sid == child.Pid);
        foreach (IGrouping<uint, Node> session in waiting.GroupBy(child => child.Wanted.Sid).ToList())
        {
            if (_nodes.ContainsKey(session.Key))
                _later.AddRange(session);
            else
                CloneInLostSession(node, session.Key, [.. session]);
        }
        foreach (Node child in node.Children.Where(child => child.Exists))
            Populate(child);
    }

    private void CloneAll(Node node, List<Node> waiting, Func<Node, bool> which)
    {
        foreach (Node child in waiting.Where(which).ToList())
        {
            Clone(node, child, ExitSignal(child));
            waiting.Remove(child);
        }
    }

    private void Clone(Node creator, Node child, int exitSignal, ulong flags = 0, uint via = 0)
    {
        child.Exists = true;
        child.Session = via == 0 ? creator.Session : child.Wanted.Sid;
        child.Group = via == 0 ? creator.Group : child.Wanted.Sid;
        if (_contexts.TryGetValue(child.Pid, out RestoreContext? context))
        {
            context.Creator = _contexts.GetValueOrDefault(creator.Pid) ?? Nearest(creator);
            flags |= Shared(context, creator, via);
            _created.Add(context);
        }
        _steps.Add(new CreationStep.Fork(via == 0 ? creator.Pid : via, child.Pid, flags, exitSignal));
    }

    /// <summary>A zombie has its memory from the process that made it.</summary>
    private RestoreContext Nearest(Node node)
    {
        for (Node at = node; ; at = _nodes[at.Wanted.Ppid])
        {
            if (_contexts.TryGetValue(at.Pid, out RestoreContext? context))
                return context;
        }
    }

    /// <summary>CLONE_* flags for what a process shares with its creator; what it shares with another one can't be had.</summary>
    private static ulong Shared(RestoreContext child, Node creator, uint via)
    {
        TaskKobjIdsEntry own = child.Images.Ids, other = creator.Images.Ids;
        ulong flags = 0;
        if (via != 0 || creator.Images.IsDead)
            return flags;
        if (own.VmId == other.VmId)
        {
            flags |= CLONE_VM;
            child.MemoryOwner = child.Creator!.MemoryOwner ?? child.Creator;
        }
        if (own.FilesId == other.FilesId)
        {
            flags |= CLONE_FILES;
            child.DescriptorsOwner = child.Creator!.DescriptorsOwner ?? child.Creator;
        }
        if (own.FsId == other.FsId)
        {
            flags |= CLONE_FS;
            child.FsOwner = child.Creator!.FsOwner ?? child.Creator;
        }
        if (own.SighandId == other.SighandId)
            flags |= CLONE_SIGHAND;
        return flags;
    }

    private static int ExitSignal(Node child) => child.Images.LeaderCore.Tc is { HasTorporExitSignal: true } core ? core.TorporExitSignal : SIGCHLD;

    private void StartSession(Node node)
    {
        StartSession(node.Pid);
        node.Session = node.Group = node.Pid;
    }

    private void StartSession(uint pid) => _steps.Add(new CreationStep.Run(pid,
        Program($"session {pid}", program => program.Call("start a session", SyscallNumber.setsid)))
    { StartsSession = true });

    /// <summary>The leader of the children's session has ended: a helper with its id starts the session, clones them as its siblings, and ends.</summary>
    private void CloneInLostSession(Node parent, uint session, List<Node> children)
    {
        CheckHelper(session, "session", children[0]);
        // A sibling has the exit signal of the process that clones it.
        int signal = ExitSignal(children[0]);
        if (children.Exists(child => ExitSignal(child) != signal))
            throw new TorporException(FailureKind.Refused, $"the children of process {parent.Pid} in session {session} have different exit signals, which can't be made once the session's leader has ended");
        _steps.Add(new CreationStep.Fork(parent.Pid, session, 0, signal));
        StartSession(session);
        foreach (Node child in children)
            Clone(parent, child, 0, CLONE_PARENT, via: session);
        EndHelper(parent.Pid, session);
        _sent.Add((parent.Pid, signal));
    }

    /// <summary>
    /// A process whose session's leader is not its parent, because the process between the two has ended: a helper of the
    /// leader clones it and ends, so that the kernel gives it to the next process that adopts orphans.
    /// </summary>
    private void Orphan(Node node)
    {
        Node leader = _nodes[node.Wanted.Sid];
        Node parent = _nodes[node.Wanted.Ppid];
        if (leader.Session != leader.Pid)
            throw new TorporException(FailureKind.ImageDamaged, $"process {node.Pid} is in the session of process {leader.Pid}, which leads none", "take the checkpoint again");
        if (ExitSignal(node) != SIGCHLD)
            throw new TorporException(FailureKind.ImageDamaged, $"process {node.Pid} was adopted and has another exit signal than SIGCHLD", "take the checkpoint again");
        SetSubreaper(parent, true);
        uint helper = FreeId();
        _steps.Add(new CreationStep.Fork(leader.Pid, helper, 0, 0));
        Clone(leader, node, SIGCHLD, 0, via: helper);
        node.Session = leader.Session;
        node.Group = leader.Group;
        EndHelper(leader.Pid, helper);
        SetSubreaper(parent, false);
        Populate(node);
    }

    private void SetSubreaper(Node node, bool on)
    {
        _steps.Add(new CreationStep.Run(node.Pid, Program($"subreaper {node.Pid}", program =>
            program.Call(on ? "let it adopt orphans" : "let it adopt no orphans", SyscallNumber.prctl, PR_SET_CHILD_SUBREAPER, on ? 1 : 0))));
    }

    /// <summary>An id that nothing has: every process, session and group of the tree will, or has had, its own.</summary>
    private uint FreeId()
    {
        HashSet<uint> own = [.. _images.SelectMany(process => (IEnumerable<uint>)[.. process.Cores.Keys, process.Process.Pgid, process.Process.Sid])];
        if (_lastHelper == 0)
            _lastHelper = _images[0].Pid;
        do
            _lastHelper = _lastHelper < HighestId ? _lastHelper + 1 : LowestId;
        while (own.Contains(_lastHelper) || _isTaken(_lastHelper));
        return _lastHelper;
    }

    private void CheckHelper(uint id, string what, Node node)
    {
        if (id == 0 || _images.Any(process => process.Cores.ContainsKey(id)))
            throw new TorporException(FailureKind.Refused, $"process {node.Pid} is in {what} {id}, which can't be made again",
                "checkpoint the process that leads it, too");
    }

    /// <summary>The helper ends, and the process that it was a child of collects it.</summary>
    private void EndHelper(uint parent, uint helper)
    {
        _steps.Add(new CreationStep.End(helper, Program($"helper {helper}", program =>
            program.Call("end the helper", Expectation.Any, SyscallNumber.exit_group, 0)), 0));
        _steps.Add(new CreationStep.Run(parent, Program($"collect {helper}", program =>
            program.Call($"collect helper {helper}", Expectation.Exactly(helper), SyscallNumber.wait4, helper, 0, __WALL, 0))));
    }

    /// <summary>Puts every process into its group: leaders first, then the members; a group without a leader gets one for a moment.</summary>
    private void MakeGroups()
    {
        foreach (Node node in _nodes.Values.Where(node => node.Wanted.Pgid == node.Pid && node.Group != node.Pid))
            SetGroup(node, node.Pid);
        foreach (IGrouping<uint, Node> group in _nodes.Values.Where(node => node.Group != node.Wanted.Pgid).GroupBy(node => node.Wanted.Pgid).ToList())
        {
            Node first = group.First();
            bool exists = _nodes.Values.Any(node => node.Group == group.Key && node.Session == first.Session);
            if (!exists)
            {
                CheckHelper(group.Key, "process group", first);
                _steps.Add(new CreationStep.Fork(first.Pid, group.Key, 0, 0));
                _steps.Add(new CreationStep.Run(group.Key, Program($"group {group.Key}", program =>
                    program.Call("start a process group", SyscallNumber.setpgid, 0, 0))));
            }
            foreach (Node node in group)
                SetGroup(node, group.Key);
            if (!exists)
                EndHelper(first.Pid, group.Key);
        }
    }

    private void SetGroup(Node node, uint group)
    {
        _steps.Add(new CreationStep.Run(node.Pid, Program($"group of {node.Pid}", program =>
            program.Call($"join process group {group}", SyscallNumber.setpgid, 0, group == node.Pid ? 0 : group))));
        node.Group = group;
    }

    /// <summary>Ordering: behind the groups, because a process of an orphaned group is stopped by SIGSTOP alone.</summary>
    private void StopChildren()
    {
        foreach (Node node in _nodes.Values.Where(node => node != _nodes[_images[0].Pid] && !node.Images.IsDead))
        {
            IReadOnlyList<CreationStep> steps = StopReports.Compile(node.Images);
            _steps.AddRange(steps);
            if (steps.Count > 0)
                _sent.Add((node.Wanted.Ppid, SIGCHLD));
        }
    }

    private void EndZombies()
    {
        foreach (Node node in _nodes.Values.Where(node => node.Images.IsDead))
        {
            _steps.Add(new CreationStep.End(node.Pid, ZombieImage.End(node.Images, _setUser), ZombieImage.StatusOf(node.Images)));
            _sent.Add((node.Wanted.Ppid, ExitSignal(node)));
        }
    }

    /// <summary>What ended here told its parent so; the images know what was pending.</summary>
    private void DrainChildSignals()
    {
        foreach (IGrouping<uint, int> signals in _sent.Where(item => item.Signal != 0).GroupBy(item => item.Parent, item => item.Signal))
        {
            SyscallProgram program = Program($"forget signals of {signals.Key}", _ => { });
            DataReference set = program.Data(BitConverter.GetBytes(signals.Aggregate(0UL, (bits, signal) => bits | (1UL << (signal - 1)))));
            DataReference atOnce = program.Space(16);
            foreach (int signal in signals)
                program.Call($"take signal {signal}", Expectation.Any, SyscallNumber.rt_sigtimedwait, set, 0, atOnce, 8);
            _steps.Add(new CreationStep.Run(signals.Key, program));
        }
    }

    /// <summary>Objects are shared by cloning: what processes share that are not cloned from each other can't be made.</summary>
    private void CheckShared()
    {
        CheckShared("memory", process => process.Images.Ids.VmId, process => process.MemoryOwner);
        CheckShared("a descriptor table", process => process.Images.Ids.FilesId, process => process.DescriptorsOwner);
        CheckShared("a working directory", process => process.Images.Ids.FsId, process => process.FsOwner);
    }

    private void CheckShared(string what, Func<RestoreContext, uint> id, Func<RestoreContext, RestoreContext?> owner)
    {
        foreach (IGrouping<uint, RestoreContext> sharing in _created.GroupBy(id))
        {
            List<RestoreContext> apart = [.. sharing.Where(process => owner(process) is null)];
            if (apart.Count > 1)
            {
                throw new TorporException(FailureKind.Refused, $"processes {apart[0].Images.Pid} and {apart[1].Images.Pid} share {what}, and the process between them that shared it too has ended",
                    "such a tree can't be made again");
            }
        }
    }

    private static SyscallProgram Program(string name, Action<SyscallProgram> fill)
    {
        var program = new SyscallProgram(name);
        fill(program);
        return program;
    }
}
