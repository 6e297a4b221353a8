using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.ProcessTree;

/// <summary>The version and the ids that every image directory has.</summary>
internal static class TreeDescription
{
    public static void Describe(TreeImages images, TaskKobjIdsEntry root)
    {
        images.Inventory = new InventoryEntry
        {
            ImgVersion = TreeImagesFiles.ImagesVersion,
            FdinfoPerId = true,
            NsPerId = true,
            RootIds = root.Clone(),
            Lsmtype = Lsmtype.NoLsm,
            DumpUptime = (ulong)(Clock.Boottime.Ticks / TimeSpan.TicksPerMicrosecond),
        };
    }
}
