using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Tests.Slices;

/// <summary>Contexts for slices whose Compile reads nothing but messages.</summary>
internal static class RestoreContexts
{
    public static RestorePrivilege Unprivileged { get; } = new(PrivateNamespaces: true, CheckpointRestore: true, Root: false);

    public static RestoreContext Create(RestorePrivilege privilege, params uint[] otherThreads)
    {
        const uint leader = 42;
        var images = new ProcessImages { Process = new PstreeEntry { Pid = leader } };
        List<RestoredThread> threads = [];
        foreach (uint tid in (uint[])[leader, .. otherThreads])
        {
            images.Cores[tid] = new CoreEntry { ThreadCore = new ThreadCoreEntry() };
            threads.Add(new RestoredThread(tid, images.Cores[tid]));
        }
        images.LeaderCore.Tc = new TaskCoreEntry { Comm = "test" };
        return SingleProcess.Restore(images, "42 (test)", threads, privilege);
    }
}
