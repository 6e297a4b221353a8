using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Seccomp;
using Xunit;

namespace Torpor.Tests.Slices.Seccomp;

public class SeccompTests
{
    private static readonly FilterState s_allow = new([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f], 0);
    private static readonly FilterState s_log = s_allow with { Flags = 2 };
    private static readonly FilterState s_notify = new([0x20, 0, 0, 0, 0, 0, 0, 0, 0x06, 0, 0, 0, 0x05, 0, 0xc0, 0x7f], 0);

    [Fact]
    public void Compile_ThreadWithFilterUnprivileged_IsRefusedByName()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged, 43);
        context.Threads[0].Core.ThreadCore.SeccompMode = SeccompMode.Disabled;
        SeccompImage.ToImage(new SeccompState(SeccompMode.Filter, [s_allow]), context.Threads[1].Core.ThreadCore, context.Images.Tree.SeccompFilters);

        new SeccompSlice().Compile(context);

        Refusal refusal = Assert.Single(context.Refusals.Items);
        Assert.Equal("thread 43", refusal.Object);
        Assert.Contains("filter", refusal.Reason);
    }

    [Fact]
    public void Compile_ModeOfOlderImages_IsRead()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);
        context.Leader.Core.Tc.OldSeccompMode = SeccompMode.Strict;

        new SeccompSlice().Compile(context);

        Assert.Contains("strict", Assert.Single(context.Refusals.Items).Reason);
    }

    [Fact]
    public void Compile_NoMode_IsFine()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);

        new SeccompSlice().Compile(context);

        Assert.Empty(context.Refusals.Items);
        Assert.False(context.Tree.SuspendSeccomp);
    }

    [Fact]
    public void Compile_CommonBeginning_IsInstalledBeforeThreadsExist()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged, 43);

        SeccompRestore.Compile(context, [new(SeccompMode.Filter, [s_allow]), new(SeccompMode.Filter, [s_allow, s_log])]);

        Assert.Equal(SyscallNumber.seccomp, Assert.Single(context.Process.Steps).Number);
        Assert.Empty(context.Threads[0].Program.Steps);
        Assert.Single(context.Threads[1].Program.Steps);
    }

    [Fact]
    public void ToImage_ChainsThatBeginAlike_ShareTheirBeginning()
    {
        List<SeccompFilter> table = [];
        ThreadCoreEntry one = new(), other = new();
        SeccompImage.ToImage(new(SeccompMode.Filter, [s_allow, s_log]), one, table);
        SeccompImage.ToImage(new(SeccompMode.Filter, [s_allow, s_allow]), other, table);

        List<SeccompFilter> read = [.. table.Select(filter => SeccompFilter.Parser.ParseFrom(filter.ToByteArray()))];

        Assert.Equal(3, table.Count);
        Assert.Equal([s_allow, s_log], SeccompImage.FromImage(one, null, read).Filters);
        Assert.Equal([s_allow, s_allow], SeccompImage.FromImage(other, null, read).Filters);
    }

    [Theory, InlineData(0u, 8), InlineData(7u, 8), InlineData(null, 7), InlineData(null, 0)]
    public void FromImage_ChainWithoutEndOrFilterOfNoLength_IsDamaged(uint? previous, int length)
    {
        var filter = new SeccompFilter { Filter = ByteString.CopyFrom(new byte[length]) };
        if (previous is { } index)
            filter.Prev = index;
        var core = new ThreadCoreEntry { SeccompMode = SeccompMode.Filter, SeccompFilter = 0 };

        TorporException e = Assert.Throws<TorporException>(() => SeccompImage.FromImage(core, null, [filter]));

        Assert.Equal(FailureKind.ImageDamaged, e.Kind);
    }

    [Fact]
    public void Notifies_FilterThatAsksAnotherProcess_True()
    {
        Assert.True(s_notify.Notifies);
        Assert.False(s_allow.Notifies);
    }
}
