using System.Text;

namespace Torpor.Criu.CommandLine;

/// <summary><c>criu --help</c>, from the option table.</summary>
internal static class HelpText
{
    public static string Text
    {
        get
        {
            var text = new StringBuilder("""
                Usage:
                  criu dump -t PID [options]
                  criu restore [options]
                  criu check [--feature NAME]

                This is Torpor under CRIU's name: it takes CRIU's options, and images go both ways.
                Options without an argument can be taken back with --no-NAME; long names can be abbreviated.


                """);
            foreach (OptionSpec option in OptionTable.All.Where(option => option.Support != Support.Refused))
            {
                string letter = option.Short == '\0' ? "   " : $"-{option.Short}|";
                string argument = option.Argument switch { ArgumentKind.Required => " ARG", ArgumentKind.Optional => "[=ARG]", _ => "" };
                string remark = option.Support switch { Support.Accepted => $"(accepted) {option.Remark}", _ => option.Remark };
                text.AppendLine($"  {letter}--{option.Name + argument,-24} {remark}".TrimEnd());
            }
            text.AppendLine();
            text.AppendLine("Recognised, but not supported yet:");
            text.AppendLine("  " + string.Join(" ", OptionTable.All.Where(option => option.Support == Support.Refused).Select(option => option.Name)));
            return text.ToString();
        }
    }
}
