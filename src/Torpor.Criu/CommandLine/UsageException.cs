namespace Torpor.Criu.CommandLine;

/// <summary>The command line or a configuration file is wrong.</summary>
internal sealed class UsageException(string message) : Exception(message);
