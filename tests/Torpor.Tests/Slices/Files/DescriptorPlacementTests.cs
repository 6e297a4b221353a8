using CsCheck;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Files;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Files;

public class DescriptorPlacementTests
{
    private const int Numbers = 24;

    /// <summary>Which description each number leads to, whether it closes on exec, and how many descriptions one call makes.</summary>
    private static readonly Gen<(int[] Owner, bool[] CloseOnExec, int[] Together)> s_tables =
        Gen.Select(Gen.Int[-1, 9].Array[Numbers], Gen.Bool.Array[Numbers], Gen.Int[1, 4].Array[10]);

    [Fact]
    public void Emit_AnyTable_EveryNumberLeadsWhereItShould() => s_tables.Sample(sample => CheckTable(sample.Owner, sample.CloseOnExec, sample.Together), iter: 2000);

    private static void CheckTable(int[] owner, bool[] closeOnExec, int[] together)
    {
        var program = new SyscallProgram("test");
        var table = new DescriptorTable(Numbers + 16);
        var made = new Dictionary<int, string>();
        var slots = Enumerable.Range(0, 10).Select(id => (Id: id, Slots: Enumerable.Range(0, Numbers).Where(n => owner[n] == id)
            .Select(n => new TableSlot(n, closeOnExec[n])).ToList())).Where(item => item.Slots.Count > 0).ToList();
        for (int at = 0, call = 0; at < slots.Count; call++)
        {
            var opened = new List<(int Number, IReadOnlyList<TableSlot> Wanted)>();
            foreach (var (id, wanted) in slots.Skip(at).Take(together[call]))
            {
                made[id] = $"step {program.Steps.Count}";
                opened.Add((table.Open(program, "open", SyscallNumber.openat), wanted));
            }
            at += together[call];
            DescriptorPlacement.Emit(program, table, opened);
        }

        var simulator = new DescriptorSimulator();
        var result = simulator.Run(program, table);
        Assert.Empty(simulator.Errors);
        Assert.Equal(slots.Sum(item => item.Slots.Count), result.Count);
        foreach (var (id, wanted) in slots)
            Assert.All(wanted, slot => Assert.Equal((made[id], slot.CloseOnExec), result[slot.Number]));
    }

    [Fact]
    public void Emit_PairOnEachOthersPlaces_OneStepsAside()
    {
        var program = new SyscallProgram("test");
        var table = new DescriptorTable(16);
        int a = table.TakeLowest();
        int b = table.TakeLowest();
        program.Call("pair", SyscallNumber.pipe2, program.Space(8), 0);
        DescriptorPlacement.Emit(program, table, [(a, [new TableSlot(1, false)]), (b, [new TableSlot(0, true)])]);

        var simulator = new DescriptorSimulator();
        var result = simulator.Run(program, table);
        Assert.Empty(simulator.Errors);
        Assert.Equal(("step 0 first", false), result[1]);
        Assert.Equal(("step 0 second", true), result[0]);
        Assert.Equal(2, result.Count);
    }

    [Fact]
    public void Emit_NothingWanted_Closes()
    {
        var program = new SyscallProgram("test");
        var table = new DescriptorTable(16);
        int fd = table.Open(program, "open", SyscallNumber.openat);
        DescriptorPlacement.Emit(program, table, [(fd, [])]);
        Assert.Equal(SyscallNumber.close, program.Steps[^1].Number);
        Assert.False(table.IsOpen(fd));
    }
}
