using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files;

/// <summary>
/// Moves what a call just opened to the numbers where it belongs. As every description is put in place at once, all that
/// is open at other times is in place already, so a wanted number can be taken only by another one of the same call.
/// </summary>
internal static class DescriptorPlacement
{
    /// <param name="program">The plan.</param>
    /// <param name="table">Its descriptor table; nothing is open at the wanted numbers but the new ones themselves.</param>
    /// <param name="opened">The numbers that one call gave, all closing on exec, and the wanted ones for each; none wanted means to close it.</param>
    public static void Emit(SyscallProgram program, DescriptorTable table, IReadOnlyList<(int Number, IReadOnlyList<TableSlot> Wanted)> opened)
    {
        var wanted = opened.SelectMany(item => item.Wanted).Select(slot => slot.Number).ToHashSet();
        int[] at = [.. opened.Select(item => item.Number)];
        for (int i = 0; i < at.Length; i++)
        {
            // Out of the way of the others first: what stands on a number that a partner wants moves aside.
            if (!wanted.Contains(at[i]) || opened[i].Wanted.Any(slot => slot.Number == at[i]))
                continue;
            int aside = FreeNumber(table, wanted);
            table.Duplicate(program, at[i], aside, closeOnExec: true);
            table.Close(program, at[i]);
            at[i] = aside;
        }
        for (int i = 0; i < at.Length; i++)
            Spread(program, table, at[i], opened[i].Wanted);
    }

    private static void Spread(SyscallProgram program, DescriptorTable table, int at, IReadOnlyList<TableSlot> wanted)
    {
        bool stays = false;
        foreach (TableSlot slot in wanted)
        {
            if (slot.Number != at)
            {
                table.Duplicate(program, at, slot.Number, slot.CloseOnExec);
                continue;
            }
            stays = true;
            if (!slot.CloseOnExec)
                program.Call($"keep descriptor {at} open on exec", SyscallNumber.fcntl, at, F_SETFD, 0);
        }
        if (!stays)
            table.Close(program, at);
    }

    private static int FreeNumber(DescriptorTable table, HashSet<int> avoided)
    {
        int number = table.LowestFree;
        while (table.IsOpen(number) || avoided.Contains(number))
            number++;
        return number;
    }
}
