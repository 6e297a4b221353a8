using Torpor.Cli;
using Torpor.Criu;

// One binary, two command lines: which one is asked for, the name it was started under tells.
return Path.GetFileName(Environment.GetCommandLineArgs()[0]) == "criu" ? CriuProgram.Run(args) : TorporProgram.Run(args);
