namespace Torpor.Criu;

/// <summary>The command line of CRIU.</summary>
public static class CriuProgram
{
    public static int Run(IReadOnlyList<string> arguments) => throw new NotImplementedException();
}
