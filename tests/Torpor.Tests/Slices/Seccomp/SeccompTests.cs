using Torpor.Images.Messages;
using Torpor.Model;
using Torpor.Slices.Seccomp;
using Xunit;

namespace Torpor.Tests.Slices.Seccomp;

public class SeccompTests
{
    [Fact]
    public void Compile_ThreadWithFilter_IsRefusedByName()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged, 43);
        context.Threads[0].Core.ThreadCore.SeccompMode = SeccompMode.Disabled;
        context.Threads[1].Core.ThreadCore.SeccompMode = SeccompMode.Filter;

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
    }
}
