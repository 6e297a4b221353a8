using System.Diagnostics;
using Torpor.Images;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Slices.Files;
using Torpor.Tracing;

namespace Torpor.Tests.Slices.Files;

/// <summary>A directory that goes away with the test.</summary>
internal sealed class Scratch : IDisposable
{
    public string Root { get; } = System.IO.Directory.CreateTempSubdirectory("torpor-files-").FullName;

    public string At(string name) => Path.Combine(Root, name);

    public void Dispose() => System.IO.Directory.Delete(Root, recursive: true);
}

/// <summary>A python process with descriptors to look at. It ends with the test.</summary>
internal sealed class PythonTarget : IDisposable
{
    private readonly Process _process;

    private PythonTarget(Process process) => _process = process;

    public Pid Pid => new(_process.Id);

    /// <summary>Starts it and waits until the script has run to its end; then the process sleeps.</summary>
    public static PythonTarget Start(string script)
    {
        string whole = "import os,socket,sys,time,select,fcntl,ctypes\nos.closerange(3,4096)\ndef die(): ctypes.CDLL(None).prctl(1,9)\n" + script + "\nprint('ready',flush=True)\ntime.sleep(600)\n";
        var process = Process.Start(new ProcessStartInfo("python3", ["-c", whole])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("python3 does not start");
        string? line = process.StandardOutput.ReadLine();
        return line == "ready" ? new PythonTarget(process) : throw new InvalidOperationException($"the target said '{line}'");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

internal static class FilesContexts
{
    /// <summary>Inspects and captures the descriptors of a live process.</summary>
    public static CaptureContext Capture(Pid pid, string directory, Func<CheckpointOptions, CheckpointOptions>? change = null)
    {
        var options = new CheckpointOptions { Pid = pid.Value, Directory = directory };
        var tree = new CaptureTree
        {
            Options = change is null ? options : change(options),
            Output = ImageDirectoryWriter.Create(directory, overwrite: true),
        };
        var context = new CaptureContext
        {
            Tree = tree,
            Pid = pid,
            InnerPid = (uint)pid.Value,
            Proc = new ProcTask(pid),
            PidFd = PidFdCalls.Open(pid),
            Threads = [],
            Memory = new RemoteMemory(pid),
            WasStopped = false,
            Refusals = new RefusalList($"{pid} (target)"),
            Images = new ProcessImages(tree.Images),
        };
        tree.Processes.Add(context);
        var slice = new FilesSlice();
        slice.Inspect(tree);
        if (context.Refusals.Items.Count == 0)
            slice.Capture(tree);
        return context;
    }

    /// <summary>Compiles the descriptors of images, and returns the context with the plan.</summary>
    public static RestoreContext Compile(ProcessImages images, string directory, RestoreOptions? options = null)
    {
        using (ImageDirectoryWriter writer = ImageDirectoryWriter.Create(directory, overwrite: true))
        {
            writer.Write(ImageName.Inventory, ImageMagic.Inventory, new InventoryEntry { ImgVersion = 2 });
            writer.Commit();
        }
        return Compile(images, ImageDirectoryReader.Open(directory), options ?? new RestoreOptions { Directory = directory });
    }

    public static RestoreContext Compile(ProcessImages images, ImageDirectoryReader input, RestoreOptions options)
    {
        RestoreContext context = SingleProcess.Restore(images, "42 (target)", [], input: input, options: options,
            layout: DescriptorLayout.For(images.Tree, imageFiles: 1));
        new FilesSlice().Compile(context.Tree);
        return context;
    }

    /// <summary>Adds a description with the numbers that lead to it.</summary>
    public static FileEntry With(this ProcessImages images, FileEntry entry, params ReadOnlySpan<int> numbers)
    {
        uint id = images.AddFile(entry);
        FileEntryIds.Repeat(entry);
        foreach (int number in numbers)
            images.Descriptors.Add(new FdinfoEntry { Id = id, Fd = (uint)number, Flags = 0, Type = entry.Type });
        return entry;
    }
}
