// A busy .NET program, under the JIT and as native code: threads keep checksummed objects that the collector moves about, code is generated
// (under the JIT), timers and delays fire once, the thread pool works, a socket server answers, a file grows.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Torpor.Targets;

const int Counters = 2;
long[] turns = new long[Counters + 5], seen = new long[Counters + 5];
const int Pool = Counters, Sleeper = Counters + 1, Files = Counters + 2, Ticks = Counters + 3, Code = Counters + 4;
int armed = 0, fired = 0;
var keptAlive = new List<object>();
TcpListener? server = null;

static ulong Mix(ulong x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

void Count(int me)
{
    var map = new Dictionary<string, ulong[]>();
    ulong checksum = 0;
    for (ulong turn = 0; ; turn++)
    {
        for (ulong i = 0; i < 300; i++)
        {
            ulong value = Mix(turn * 1000 + i + (ulong)me);
            map[$"{turn}:{i}"] = [value, ~value, turn, i];
            checksum += value;
        }

        if (map.Count > 15000)
        {
            ulong sum = 0;
            foreach ((string key, ulong[] v) in map)
            {
                Target.Expect(v[0] == ~v[1] && key == $"{v[2]}:{v[3]}", $"an object of counter {me} changed");
                sum += v[0];
            }

            Target.Expect(sum == checksum, $"the checksum of counter {me} is wrong");
            map.Clear();
            checksum = 0;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: turn % 2 == 0);
        }

        Interlocked.Increment(ref turns[me]);
        Thread.Sleep(1); // several of these share few processors
    }
}

async Task WorkInPool()
{
    for (; ; Interlocked.Increment(ref turns[Pool]))
    {
        int[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => i * i)));
        Target.Expect(results.Sum() == 2470, "the pool computes wrongly");
        await Task.Delay(1);
    }
}

void Sleep()
{
    for (; ; Interlocked.Increment(ref turns[Sleeper]))
    {
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(200);
        Target.Expect(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= 199, "a sleep was too short");
    }
}

void GrowFile()
{
    using var stream = new FileStream(Target.PathOf("data"), FileMode.Create, FileAccess.ReadWrite);
    byte[] block = new byte[4096], read = new byte[4096];
    for (int turn = 0; ; turn++)
    {
        SHA256.HashData(Encoding.UTF8.GetBytes($"{turn}"), block);
        stream.Position = turn % 64 * 4096;
        stream.Write(block);
        stream.Flush();
        stream.Position -= 4096;
        stream.ReadExactly(read);
        Target.Expect(read.AsSpan().SequenceEqual(block), "a file gives other bytes than were written");
        Interlocked.Increment(ref turns[Files]);
        Thread.Sleep(1);
    }
}

async Task Serve(TcpListener listener)
{
    for (; ; )
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync("hello"u8.ToArray());
        client.Client.Shutdown(SocketShutdown.Send);
        await stream.CopyToAsync(Stream.Null); // the client closes first
    }
}

void GenerateCode()
{
    for (; ; Interlocked.Increment(ref turns[Code]))
    {
#if JIT
        var method = new System.Reflection.Emit.DynamicMethod("add", typeof(long), [typeof(long)]);
        var code = method.GetILGenerator();
        code.Emit(System.Reflection.Emit.OpCodes.Ldarg_0);
        code.Emit(System.Reflection.Emit.OpCodes.Ldc_I8, turns[Code]);
        code.Emit(System.Reflection.Emit.OpCodes.Add);
        code.Emit(System.Reflection.Emit.OpCodes.Ret);
        Func<long, long> add = method.CreateDelegate<Func<long, long>>();
        Target.Expect(add(1000) == 1000 + turns[Code], "generated code gives a wrong answer");
#endif
        Thread.Sleep(1);
    }
}

void Arm()
{
    Interlocked.Add(ref armed, 2);
    keptAlive.Add(new Timer(_ => Interlocked.Increment(ref fired), null, 500, Timeout.Infinite));
    _ = Task.Delay(600).ContinueWith(_ => Interlocked.Increment(ref fired), TaskScheduler.Default);
}

void SetUp()
{
    for (int i = 0; i < Counters; i++)
    {
        int me = i;
        Target.Start($"counter-{me}", () => Count(me));
    }

    Target.Start("sleeper", Sleep);
    Target.Start("files", GrowFile);
    Target.Start("code", GenerateCode);
    keptAlive.Add(new Timer(_ => Interlocked.Increment(ref turns[Ticks]), null, 10, 10));
    keptAlive.Add(Task.Run(WorkInPool));
    server = new TcpListener(IPAddress.Loopback, 0);
    server.Start();
    keptAlive.Add(Serve(server));
    Arm();
}

void Verify()
{
    Target.Expect(Target.Eventually(() => Volatile.Read(ref fired) >= armed), "a timer does not fire");
    Thread.Sleep(50);
    Target.Expect(fired == armed, $"{armed} timers fired {fired} times");
    for (int i = 0; i < turns.Length; i++)
    {
        int kind = i;
        Target.Expect(Target.Eventually(() => Volatile.Read(ref turns[kind]) > seen[kind]), $"worker {kind} stands still");
        seen[i] = turns[i];
    }

    foreach (object task in keptAlive)
        if (task is Task { IsFaulted: true } faulted)
            Target.Fail($"a task failed: {faulted.Exception}");
    using (var client = new TcpClient("127.0.0.1", ((IPEndPoint)server!.LocalEndpoint).Port))
    using (var reader = new StreamReader(client.GetStream()))
        Target.Expect(reader.ReadToEnd() == "hello", "the server says something else");
    Thread.Sleep(50);
    Arm();
}

return Target.Run(args, SetUp, Verify);
