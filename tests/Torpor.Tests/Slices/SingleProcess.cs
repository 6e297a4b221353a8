using Torpor.Images;
using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Tests.Slices;

/// <summary>A restore of one process, made by hand.</summary>
internal static class SingleProcess
{
    /// <summary>A tree of nothing but the one process.</summary>
    public static RestoreContext Restore(ProcessImages images, string name, IReadOnlyList<RestoredThread> threads,
        RestorePrivilege? privilege = null, ImageDirectoryReader? input = null, RestoreOptions? options = null,
        RestoredAddressSpace? addressSpace = null, DescriptorLayout? layout = null)
    {
        var tree = new RestoreTree
        {
            Images = images.Tree,
            // Most slices read messages only.
            Input = input!,
            Options = options ?? new RestoreOptions { Directory = "/images" },
            Privilege = privilege ?? new RestorePrivilege(PrivateNamespaces: true, CheckpointRestore: true, Root: false),
            AddressSpace = addressSpace ?? new RestoredAddressSpace(RemoteAddress.Null, 0, [], [], []),
            Layout = layout ?? new DescriptorLayout(100, 100, 100),
        };
        var context = new RestoreContext { Tree = tree, Images = images, Refusals = new RefusalList(name), Threads = threads };
        tree.Processes.Add(context);
        return context;
    }
}
