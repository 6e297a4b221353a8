using System.Diagnostics;
using Xunit;

namespace Torpor.Linux.Tests.Layout;

/// <summary>Compiles and runs small C programs, to ask the headers.</summary>
internal static class CCompiler
{
    /// <summary>What the program prints; null, with the compiler's errors, when it does not compile. Skips the test without gcc.</summary>
    public static string? Run(string source, out string errors)
    {
        string directory = Directory.CreateTempSubdirectory("torpor-layout-").FullName;
        try
        {
            string program = Path.Combine(directory, "program");
            File.WriteAllText(program + ".c", source);
            (int status, string _, errors) = Start("gcc", "-w", "-o", program, program + ".c");
            return status == 0 ? Start(program).Output : null;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static (int Status, string Output, string Errors) Start(string file, params string[] arguments)
    {
        var info = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(info)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception) when (file == "gcc")
        {
            Assert.Skip("gcc is not installed: layouts can't be compared with the C headers");
            throw;
        }
    }
}
