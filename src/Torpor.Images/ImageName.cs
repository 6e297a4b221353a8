namespace Torpor.Images;

/// <summary>The names of the files in an image directory, as CRIU spells them. All ids are those inside the pid namespace.</summary>
public static class ImageName
{
    public const string Inventory = "inventory.img";
    public const string PsTree = "pstree.img";
    public const string Files = "files.img";
    public const string PipesData = "pipes-data.img";
    public const string FifoData = "fifo-data.img";
    public const string SocketQueues = "sk-queues.img";
    public const string MemFds = "memfd.img";
    public const string RemapFilePaths = "remap-fpath.img";
    public const string TtyInfo = "tty-info.img";
    public const string TtyData = "tty-data.img";
    public const string FileLocks = "filelocks.img";
    public const string Seccomp = "seccomp.img";
    public const string CGroups = "cgroup.img";

    /// <summary>Statistics have no suffix: CRIU keeps them in the working directory, which need not be that of the images.</summary>
    public const string DumpStatistics = "stats-dump";

    public const string RestoreStatistics = "stats-restore";

    public static string Core(uint tid) => $"core-{tid}.img";

    public static string Mm(uint pid) => $"mm-{pid}.img";

    public static string Ids(uint pid) => $"ids-{pid}.img";

    public static string Fs(uint pid) => $"fs-{pid}.img";

    /// <summary>By the id of the descriptor table, not by pid: tasks may share one.</summary>
    public static string FdInfo(uint filesId) => $"fdinfo-{filesId}.img";

    /// <summary>The state and the queues of a TCP connection, by the socket's inode.</summary>
    public static string TcpStream(uint inode) => $"tcp-stream-{inode:x}.img";

    public static string TimeNamespace(uint namespaceId) => $"timens-{namespaceId}.img";

    /// <summary>The runs of a process's private memory.</summary>
    public static string Pagemap(uint pid) => $"pagemap-{pid}.img";

    /// <summary>The runs of a shared memory object.</summary>
    public static string SharedPagemap(ulong shmid) => $"pagemap-shmem-{shmid}.img";

    public static string Pages(uint pagesId) => $"pages-{pagesId}.img";

    /// <summary>The contents of a deleted file; the id is remap_file_path_entry.remap_id.</summary>
    public static string GhostFile(uint remapId) => $"ghost-file-{remapId:x}.img";
}
