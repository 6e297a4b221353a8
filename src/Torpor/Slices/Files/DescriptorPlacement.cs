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
        int[] at = [.. opened.Select(item => item.Number)];
        var pending = Enumerable.Range(0, opened.Count).ToList();
        while (pending.Count > 0)
        {
            // What nobody stands in the way of goes to its place, and makes room by leaving its own.
            int next = pending.FindIndex(i => !pending.Exists(other => other != i && Wants(opened[i].Wanted, at[other])));
            if (next < 0)
            {
                // They stand on each other's places in a ring. One step aside breaks it.
                int aside = FreeNumber(table, opened);
                table.Duplicate(program, at[pending[0]], aside, closeOnExec: true);
                table.Close(program, at[pending[0]]);
                at[pending[0]] = aside;
                continue;
            }
            Spread(program, table, at[pending[next]], opened[pending[next]].Wanted);
            pending.RemoveAt(next);
        }
    }

    private static bool Wants(IReadOnlyList<TableSlot> wanted, int number) => wanted.Any(slot => slot.Number == number);

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

    private static int FreeNumber(DescriptorTable table, IReadOnlyList<(int Number, IReadOnlyList<TableSlot> Wanted)> opened)
    {
        int number = table.LowestFree;
        while (table.IsOpen(number) || opened.Any(item => Wants(item.Wanted, number)))
            number++;
        return number;
    }
}
