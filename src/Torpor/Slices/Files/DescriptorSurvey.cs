using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files;

/// <summary>Lists a process's descriptors and finds out which of them share an open file description.</summary>
internal static class DescriptorSurvey
{
    public static List<OpenDescription> Run(CaptureContext context)
    {
        var descriptions = new List<OpenDescription>();
        // Descriptors that look alike may share a description: only among them does kcmp(2) have to tell.
        var alike = new Dictionary<Likeness, List<OpenDescription>>();
        foreach (RemoteFd fd in context.Proc.Descriptors())
        {
            string link = context.Proc.DescriptorLink(fd);
            FdInfo info = context.Proc.FdInfo(fd);
            FileStatus status = context.Proc.DescriptorStatus(fd);
            var likeness = new Likeness(link, status.Device, status.Inode, info.Flags & ~O_CLOEXEC, info.Position);
            if (!alike.TryGetValue(likeness, out List<OpenDescription>? group))
                alike.Add(likeness, group = []);
            if (!TryFind(context, group, fd, out int at))
            {
                var description = new OpenDescription { Link = link, Info = info, Status = status, Socket = SocketOf(context, fd, info, status) };
                group.Insert(at, description);
                descriptions.Add(description);
            }
            group[at].Slots.Add(new TableSlot(fd.Value, (info.Flags & O_CLOEXEC) != 0));
        }
        return descriptions;
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
    private static bool TryFind(CaptureContext context, List<OpenDescription> group, RemoteFd fd, out int at)
    {
        Tid task = context.Pid.Leader;
        int low = 0;
        int high = group.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int order = KcmpCalls.CompareFiles(task, fd, task, group[middle].First);
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
