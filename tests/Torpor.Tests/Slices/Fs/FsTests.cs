using Torpor.Model;
using Torpor.Slices.Fs;
using Torpor.Tests.Slices.Files;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Fs;

public sealed class FsTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Image_RoundTrip_Same()
    {
        var images = new ProcessImages();
        var state = new FsState("/var/tmp", "/", 0x17);
        images.Fs = FsImage.ToEntry(state, images.AddFile);
        Assert.Equal(state, FsImage.FromEntry(images.Fs, images.Files));
    }

    [Fact]
    public void FromEntry_DanglingId_Null() => Assert.Null(FsImage.FromEntry(new FsEntry { CwdId = 5, RootId = 6 }, new ProcessImages().Files));

    [Fact]
    public void Compile_WorkingDirectory_ChangesLast()
    {
        SyscallProgram program = Compile(new FsState(_scratch.Root, "/", 0x12)).Process;
        Assert.Equal([Torpor.Linux.SyscallNumber.chdir, Torpor.Linux.SyscallNumber.umask], program.Steps.Select(step => step.Number));
    }

    [Fact]
    public void Compile_MissingDirectory_FileChanged() =>
        Assert.Equal(FailureKind.FileChanged, Assert.Throws<TorporException>(() => Compile(new FsState(_scratch.At("gone"), "/", null))).Kind);

    [Fact]
    public void Compile_OtherRoot_Refused() =>
        Assert.Equal(FailureKind.Refused, Assert.Throws<TorporException>(() => Compile(new FsState("/", "/srv/jail", null))).Kind);

    private RestoreContext Compile(FsState state)
    {
        var images = new ProcessImages();
        RestoreContext context = FilesContexts.Compile(images, _scratch.At("images"));
        images.Fs = FsImage.ToEntry(state, images.AddFile);
        new FsSlice().Compile(context);
        return context;
    }

    [Fact]
    public void Inspect_LiveProcess_TellsDirectoryAndUmask()
    {
        using PythonTarget target = PythonTarget.Start($"os.chdir('{_scratch.Root}'); os.umask(0o027)");
        CaptureContext context = FilesContexts.Capture(target.Pid, _scratch.At("images"));
        var slice = new FsSlice();
        slice.Inspect(context);
        slice.Capture(context);
        Assert.Empty(context.Refusals.Items);
        Assert.Equal(new FsState(_scratch.Root, "/", 0x17), FsImage.FromEntry(context.Images.Fs, context.Images.Files));
    }

    [Fact]
    public void Inspect_DeletedDirectory_IsNoObstacle()
    {
        string gone = _scratch.At("gone");
        using PythonTarget target = PythonTarget.Start($"os.mkdir('{gone}'); os.chdir('{gone}'); os.rmdir('{gone}')");
        CaptureContext context = FilesContexts.Capture(target.Pid, _scratch.At("images"));
        new FsSlice().Inspect(context);
        Assert.Empty(context.Refusals.Items);
    }
}
