Console.WriteLine(string.Join("|", Environment.GetCommandLineArgs()));
