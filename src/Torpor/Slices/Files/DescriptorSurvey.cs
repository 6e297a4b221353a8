using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files;

/// <summary>Lists the descriptors of every process of a tree and finds out which of them share an open file description.</summary>
internal sealed class DescriptorSurvey
{
    private readonly List<OpenDescription> _descriptions = [];

    /// <summary>Descriptors that look alike may share a description: only among them does kcmp(2) have to tell.</summary>
    private readonly Dictionary<Likeness, List<OpenDescription>> _alike = [];

    /// <param name="tables">One process for each descriptor table.</param>
    public static List<OpenDescription> Run(IEnumerable<CaptureContext> tables)
    {
        var survey = new DescriptorSurvey();
        foreach (CaptureContext process in tables)
            survey.Add(process);
        // What is found in a queue may be a socket with a queue of its own.
        for (int i = 0; i < survey._descriptions.Count; i++)
        {
            if (survey._descriptions[i].HasDescriptorsInQueue)
                survey.AddQueued(survey._descriptions[i]);
        }
        return survey._descriptions;
    }

    private void Add(CaptureContext process)
    {
        foreach ((RemoteFd fd, FdInfo info) in process.Descriptors)
            Find(process, process.Proc, process.Pid.Leader, fd, info, null).Add(process, new TableSlot(fd.Value, (info.Flags & O_CLOEXEC) != 0));
    }

    /// <summary>What travels in a Unix socket's queue: peeking gives this process descriptors of its own, which are compared like any other's.</summary>
    private void AddQueued(OpenDescription socket)
    {
        using Fd duplicate = socket.Duplicate();
        // An error that waits would be reported to the peek, and a socket that listens has no queue of data.
        bool fails = socket.Socket!.Value.Type != SOCK_STREAM && (FileCalls.Poll(duplicate, 0) & Linux.Uapi.Poll.POLLERR) != 0;
        if (fails || SocketCalls.GetOption(duplicate, SOL_SOCKET, SO_ACCEPTCONN) != 0)
            return;
        foreach (QueuedMessage message in SocketCalls.PeekUnix(duplicate))
        {
            using (message)
            {
                if (message.Descriptors.Count > 0)
                    socket.Queued.Enqueue([.. message.Descriptors.Select(fd => FindInFlight(socket.Process, fd))]);
            }
        }
    }

    private OpenDescription FindInFlight(CaptureContext process, Fd fd)
    {
        Fd own = FileCalls.Duplicate(fd);
        OpenDescription found = Find(process, ProcTask.Self, new Pid(Environment.ProcessId).Leader, new RemoteFd(own.Value), ProcTask.Self.FdInfo(new RemoteFd(own.Value)), own);
        if (found.InFlight != own)
            own.Dispose();
        return found;
    }

    /// <summary>The description that a descriptor leads to; a new one when no other does.</summary>
    private OpenDescription Find(CaptureContext process, ProcTask proc, Tid task, RemoteFd fd, FdInfo info, Fd? own)
    {
        string link = proc.DescriptorLink(fd);
        FileStatus status = proc.DescriptorStatus(fd);
        var likeness = new Likeness(link, status.Device, status.Inode, info.Flags & ~O_CLOEXEC, info.Position);
        if (!_alike.TryGetValue(likeness, out List<OpenDescription>? group))
            _alike.Add(likeness, group = []);
        int at = KcmpCalls.Search(group, other => KcmpCalls.CompareFiles(task, fd, other.Task, other.First));
        if (at < 0)
        {
            at = ~at;
            var description = new OpenDescription
            {
                Process = process,
                Link = link,
                Info = info,
                Status = status,
                InFlight = own,
                Socket = SocketOf(process, fd, own, info, status),
            };
            group.Insert(at, description);
            _descriptions.Add(description);
        }
        return group[at];
    }

    private static SocketIdentity? SocketOf(CaptureContext context, RemoteFd fd, Fd? own, FdInfo info, FileStatus status)
    {
        // O_PATH on a socket's file is a place in the file tree, not a socket.
        if (!status.IsSocket || (info.Flags & O_PATH) != 0)
            return null;
        using Fd duplicate = own is null ? PidFdCalls.GetFd(context.PidFd, fd) : FileCalls.Duplicate(own);
        return new SocketIdentity(
            SocketCalls.GetOption(duplicate, SOL_SOCKET, SO_DOMAIN),
            SocketCalls.GetOption(duplicate, SOL_SOCKET, SO_TYPE),
            SocketCalls.GetOption(duplicate, SOL_SOCKET, SO_PROTOCOL));
    }

    private readonly record struct Likeness(string Link, DeviceId Device, ulong Inode, int Flags, long Position);
}
