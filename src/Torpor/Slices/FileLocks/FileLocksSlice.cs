using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;

namespace Torpor.Slices.FileLocks;

/// <summary>
/// Locks and leases that are held: flock(2), and F_SETLK, F_OFD_SETLK and F_SETLEASE of fcntl(2). Whoever waits for one is in
/// an interrupted system call, which starts over.
/// </summary>
internal sealed class FileLocksSlice : ISlice
{
    public string Name => "file locks";

    public void Inspect(CaptureTree tree)
    {
        var held = new List<(CaptureContext, FileLockState)>();
        // Processes that share a descriptor table hold their locks together.
        foreach (CaptureContext process in KernelObjects.Of(tree).Owners(KcmpType.KCMP_FILES))
            held.AddRange(Inspect(process).Select(state => (process, state)));
        tree.State.Set(new Held(held));
    }

    private static IEnumerable<FileLockState> Inspect(CaptureContext context)
    {
        foreach ((RemoteFd fd, FdInfo info) in context.Descriptors)
        {
            foreach (FileLock found in info.Locks)
            {
                if (found.Kind == FileLockKind.Other)
                    context.Refusals.Add($"descriptor {fd.Value}", $"holds a lock of a kind that can't be taken again ({found.Text})", "let the process close it first");
                else if (!context.Options.FileLocks)
                    context.Refusals.Add($"descriptor {fd.Value}", $"holds {Describe(found.Kind)} ({found.Text})", "pass --file-locks, if no process outside shares it");
                else
                    yield return FileLockState.Of(found, fd.Value);
            }
        }
    }

    /// <summary>
    /// Every descriptor of a description shows what the description holds, in every process that has one, and what the process
    /// holds through it; each lock is written once.
    /// </summary>
    public void Capture(CaptureTree tree)
    {
        var written = new HashSet<(uint File, CaptureContext? Process, FileLockState Lock)>();
        foreach ((CaptureContext process, FileLockState state) in tree.State.Get<Held>().Locks)
        {
            uint file = process.Images.Descriptors.Find(slot => slot.Fd == state.Fd)?.Id ?? throw new InvalidOperationException($"descriptor {state.Fd} was not captured");
            if (written.Add((file, state.Kind == FileLockKind.Posix ? process : null, state with { Fd = 0 })))
                tree.Images.FileLocks.Add(FileLockImage.ToEntry(state, process.InnerPid));
        }
    }

    public void Compile(RestoreTree tree)
    {
        foreach (FileLockEntry entry in tree.Images.FileLocks)
        {
            RestoreContext process = tree.Processes.Find(process => process.Images.Pid == entry.Pid)
                ?? throw FileLockImage.Damaged(entry, "is of a process that is not in the images");
            FdinfoEntry slot = process.Images.Descriptors.Find(slot => slot.Fd == entry.Fd)
                ?? throw FileLockImage.Damaged(entry, "is held through a descriptor that is not in the images");
            // The leader's own program runs when all descriptors that are only handed down are closed.
            new FileLocksRestore(process.Leader.Program).Compile(FileLockImage.FromEntry(entry), tree.Images.Files[slot.Id]);
        }
    }

    private static string Describe(FileLockKind kind) => kind == FileLockKind.Lease ? "a lease" : "a file lock";

    private sealed record Held(IReadOnlyList<(CaptureContext Process, FileLockState Lock)> Locks);
}
