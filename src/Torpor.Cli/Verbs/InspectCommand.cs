using System.CommandLine;
using System.Text.Json;
using Torpor.Cli.Output;

namespace Torpor.Cli.Verbs;

/// <summary><c>torpor inspect</c></summary>
internal static class InspectCommand
{
    public const string Lesson = """
        Examples:
          torpor inspect saved
          torpor inspect saved --json | jq '.processes[0].files'

        It reads images of CRIU, too. For every field of every image, use crit (Debian's package criu).

        Exit codes:
          0    shown
          109  there are no images    110  they are damaged    111  they are no images known here
        """;

    public static Command Build(TextWriter output, TextWriter error)
    {
        Argument<string> directory = CommonOptions.ImageDirectory("The directory with the images.");
        var command = new Command("inspect", "Show what is in a directory of images: processes, memory, files, sizes.") { directory, CommonOptions.Json };
        command.SetAction(parsed => Session.Run(parsed, output, error, session =>
        {
            InspectionReport report = Inspection.Read(parsed.GetRequiredValue(directory));
            if (session.Json)
                output.WriteLine(JsonSerializer.Serialize(report, JsonDocuments.Default.InspectionReport));
            else
                Show(report, output);
            return 0;
        }));
        return command;
    }

    private static void Show(InspectionReport report, TextWriter output)
    {
        output.WriteLine($"{report.Directory}: {report.ImageFiles} files, {Quantity.Bytes(report.ImageBytes)}");
        foreach (InspectedProcess process in report.Processes)
        {
            output.WriteLine();
            output.WriteLine($"process {process.Pid} ({process.Command}), {process.State}, parent {process.ParentPid}, group {process.ProcessGroup}, session {process.Session}");
            if (process.Executable is { } executable)
                output.WriteLine($"executable {executable}");
            output.WriteLine($"{process.Threads.Count} threads, {process.Mappings} mappings, {process.Files.Count} descriptors");

            output.WriteLine();
            var memory = new TextTable("memory", ">mappings", ">size", ">stored");
            foreach (InspectedMemory kind in process.Memory)
                memory.Add(kind.Kind, kind.Mappings.ToString(), Quantity.Bytes(kind.Bytes), kind.StoredBytes is { } stored ? Quantity.Bytes(stored) : "");
            memory.Add("in all", process.Mappings.ToString(), Quantity.Bytes(process.Memory.Sum(kind => kind.Bytes)), Quantity.Bytes(process.StoredBytes));
            memory.Write(output);

            output.WriteLine();
            var files = new TextTable(">fd", "kind", "what");
            foreach (InspectedFile file in process.Files)
                files.Add(file.Descriptor.ToString(), file.Kind, file.Details);
            files.Write(output);
        }
    }
}
