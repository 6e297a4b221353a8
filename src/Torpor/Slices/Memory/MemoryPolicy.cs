using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>NUMA policies of mappings: refused where they could matter.</summary>
internal static class MemoryPolicy
{
    private const string Nodes = "/sys/devices/system/node/online";

    /// <summary>On a machine with one node no policy has an effect, and numa_maps takes a walk over all pages.</summary>
    public static void Inspect(CaptureContext context)
    {
        if (!SeveralNodes() || !context.Proc.Exists("numa_maps"))
            return;
        foreach ((ulong address, string policy) in Policies(context.Proc.ReadText("numa_maps")))
            context.Refusals.Add($"the mapping at 0x{address:x}", $"has the memory policy {policy}", "start the program without numactl or mbind");
    }

    private static bool SeveralNodes()
    {
        try
        {
            return File.ReadAllText(Nodes).AsSpan().Trim().ContainsAny('-', ',');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The mappings with another policy than the default: address and policy are the first two words of each line.</summary>
    internal static IEnumerable<(ulong Address, string Policy)> Policies(string numaMaps)
    {
        foreach (string line in numaMaps.Split('\n'))
        {
            string[] words = line.Split(' ', 3);
            if (words.Length >= 2 && words[1] is not ("default" or "local")
                && ulong.TryParse(words[0], System.Globalization.NumberStyles.HexNumber, null, out ulong address))
            {
                yield return (address, words[1]);
            }
        }
    }
}
