using System.CommandLine;
using System.Text.Json;
using Torpor.Cli.Output;

namespace Torpor.Cli.Verbs;

/// <summary><c>torpor doctor</c></summary>
internal static class DoctorCommand
{
    public const string Lesson = """
        Examples:
          torpor doctor
          sudo setcap cap_checkpoint_restore+ep "$(command -v torpor)" && torpor doctor

        Exit codes:
          0    you can checkpoint and restore your own processes here
          116  something is missing for that; the table says what, and what to do
        """;

    public static Command Build(TextWriter output, TextWriter error)
    {
        var command = new Command("doctor", "Find out what this user can do on this machine, and what would add to it.") { CommonOptions.Json };
        command.SetAction(parsed => Session.Run(parsed, output, error, session =>
        {
            DoctorReport report = Doctor.Examine();
            if (session.Json)
                output.WriteLine(JsonSerializer.Serialize(report, JsonDocuments.Default.DoctorReport));
            else
                Show(report, output);
            return report.Ready ? 0 : (int)FailureKind.PrivilegeMissing;
        }));
        return command;
    }

    private static void Show(DoctorReport report, TextWriter output)
    {
        output.WriteLine($"{report.RungMeaning}.");
        output.WriteLine();
        var table = new TextTable("check", "found", "what it means");
        foreach (DoctorCheck check in report.Checks)
        {
            table.Add(check.Name, check.State switch { CheckState.Good => "ok", CheckState.Limited => "limited", _ => "missing" }, check.Meaning);
            if (check.Remedy is { } remedy)
                table.Add("", "", $"to change it: {remedy}");
        }
        table.Write(output);
    }
}
