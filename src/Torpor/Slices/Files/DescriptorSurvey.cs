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

    /// <param name="tree">The processes.</param>
    /// <param name="tables">One process for each descriptor table.</param>
    public static List<OpenDescription> Run(CaptureTree tree, IEnumerable<CaptureContext> tables)
    {
        var survey = new DescriptorSurvey();
        foreach (CaptureContext process in tables)
            survey.Add(process);
        return survey._descriptions;
    }

    private void Add(CaptureContext process)
    {
        foreach (RemoteFd fd in process.Proc.Descriptors())
        {
            string link = process.Proc.DescriptorLink(fd);
            FdInfo info = process.Proc.FdInfo(fd);
            FileStatus status = process.Proc.DescriptorStatus(fd);
            var likeness = new Likeness(link, status.Device, status.Inode, info.Flags & ~O_CLOEXEC, info.Position);
            if (!_alike.TryGetValue(likeness, out List<OpenDescription>? group))
                _alike.Add(likeness, group = []);
            if (!TryFind(process, group, fd, out int at))
            {
                var description = new OpenDescription { Process = process, Link = link, Info = info, Status = status, Socket = SocketOf(process, fd, info, status) };
                group.Insert(at, description);
                _descriptions.Add(description);
            }
            group[at].Add(process, new TableSlot(fd.Value, (info.Flags & O_CLOEXEC) != 0));
        }
    }

    private static SocketIdentity? SocketOf(CaptureContext context, RemoteFd fd, FdInfo info, FileStatus status)
    {
        // O_PATH on a socket's file is a place in the file tree, not a socket.
        if (!status.IsSocket || (info.Flags & O_PATH) != 0)
            return null;
        using Fd duplicate = PidFdCalls.GetFd(context.PidFd, fd);
        return new SocketIdentity(
            SocketCalls.GetOption(duplicate, SOL_SOCKET, SO_DOMAIN),
            SocketCalls.GetOption(duplicate, SOL_SOCKET, SO_TYPE),
            SocketCalls.GetOption(duplicate, SOL_SOCKET, SO_PROTOCOL));
    }

    /// <summary>Looks a descriptor up in a list that kcmp(2) orders; a thousand alike eventfds cost ten comparisons each.</summary>
    private static bool TryFind(CaptureContext process, List<OpenDescription> group, RemoteFd fd, out int at)
    {
        int low = 0;
        int high = group.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int order = KcmpCalls.CompareFiles(process.Pid.Leader, fd, group[middle].Process.Pid.Leader, group[middle].First);
            if (order == 0)
            {
                at = middle;
                return true;
            }
            if (order < 0)
                high = middle;
            else
                low = middle + 1;
        }
        at = low;
        return false;
    }

    private readonly record struct Likeness(string Link, DeviceId Device, ulong Inode, int Flags, long Position);
}
