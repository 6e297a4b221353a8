// options: -XX:+UseG1GC -Xmx256m
// options: -XX:+UseSerialGC -Xmx256m
// A busy JVM: threads count and keep checksummed maps that the collector moves about, new lambdas and proxies are compiled all the time,
// timers fire once, a thread sleeps, another reads and writes files.
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongUnaryOperator;

public final class Heap {
    private static final int COUNTERS = 3, LAMBDAS = 3, SLEEPER = 4, FILES = 5, SHARED = 6, KINDS = 7;
    private static final AtomicLongArray TURNS = new AtomicLongArray(KINDS);
    private static final long[] SEEN = new long[KINDS];
    private static final AtomicInteger ARMED = new AtomicInteger(), FIRED = new AtomicInteger();
    private static final ConcurrentHashMap<Long, Long> MAP = new ConcurrentHashMap<>();
    private static final Timer TIMER = new Timer("timer", true);
    private static final ScheduledExecutorService SCHEDULER = Executors.newScheduledThreadPool(1, body -> {
        Thread thread = new Thread(body, "scheduler");
        thread.setDaemon(true);
        return thread;
    });

    private static long mix(long x) {
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }

    private static void count(int me) throws InterruptedException {
        Map<String, long[]> map = new HashMap<>();
        long checksum = 0;
        for (long turn = 0;; turn++) {
            for (int i = 0; i < 500; i++) {
                long value = mix(turn * 1000 + i + me);
                map.put(turn + ":" + i, new long[] {value, ~value, turn, i});
                checksum += value;
            }
            if (map.size() > 20000) {
                long sum = 0;
                for (Map.Entry<String, long[]> entry : map.entrySet()) {
                    long[] v = entry.getValue();
                    Target.expect(v[0] == ~v[1] && entry.getKey().equals(v[2] + ":" + v[3]), "an object of counter " + me + " changed");
                    sum += v[0];
                }
                Target.expect(sum == checksum, "the checksum of counter " + me + " is wrong");
                map.clear();
                checksum = 0;
            }
            TURNS.incrementAndGet(me);
            if (turn % 4 == 0) {
                Thread.sleep(1); // several of these share few processors
            }
        }
    }

    /** Each turn defines a hidden class for a new lambda, so that the compiler and the code cache are never at rest. */
    private static void compile() throws Throwable {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        for (;;) {
            long k = TURNS.get(LAMBDAS);
            LongUnaryOperator add = (LongUnaryOperator) java.lang.invoke.LambdaMetafactory.metafactory(lookup, "applyAsLong",
                MethodType.methodType(LongUnaryOperator.class, long.class), MethodType.methodType(long.class, long.class),
                lookup.findStatic(Heap.class, "addition", MethodType.methodType(long.class, long.class, long.class)),
                MethodType.methodType(long.class, long.class)).getTarget().invoke(k);
            LongUnaryOperator chain = add.andThen(x -> x * 3);
            long sum = 0;
            for (int i = 0; i < 3000; i++) {
                sum += chain.applyAsLong(i);
            }
            Target.expect(sum == 3 * (3000L * 2999 / 2 + 3000 * k), "a compiled lambda gives " + sum + " in turn " + k);
            TURNS.incrementAndGet(LAMBDAS);
            Thread.sleep(1);
        }
    }

    static long addition(long k, long x) {
        return x + k;
    }

    private static void sleep() throws InterruptedException {
        for (;;) {
            long start = System.nanoTime();
            Thread.sleep(200);
            Target.expect(System.nanoTime() - start >= 199_000_000, "a sleep was too short");
            TURNS.incrementAndGet(SLEEPER);
        }
    }

    private static void files() throws Exception {
        try (FileChannel channel = FileChannel.open(Target.path("data"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer direct = ByteBuffer.allocateDirect(4096);
            for (long turn = 0;; turn++) {
                direct.clear();
                for (int i = 0; i < 512; i++) {
                    direct.putLong(mix(turn + i));
                }
                direct.flip();
                channel.write(direct, turn % 64 * 4096);
                direct.clear();
                channel.read(direct, turn % 64 * 4096);
                direct.flip();
                for (int i = 0; i < 512; i++) {
                    Target.expect(direct.getLong() == mix(turn + i), "a file gives other bytes than were written");
                }
                TURNS.incrementAndGet(FILES);
                Thread.sleep(1);
            }
        }
    }

    private static void shared() throws InterruptedException {
        for (long i = 0;; i++) {
            MAP.put(i, mix(i));
            if (i >= 10000) {
                Target.expect(MAP.remove(i - 10000) == mix(i - 10000), "an entry of the shared map changed");
            }
            if (i % 500 == 0) {
                TURNS.incrementAndGet(SHARED);
                Thread.sleep(1);
            }
        }
    }

    private static void arm() {
        ARMED.addAndGet(2);
        TIMER.schedule(new TimerTask() {
            @Override
            public void run() {
                FIRED.incrementAndGet();
            }
        }, 500);
        SCHEDULER.schedule(FIRED::incrementAndGet, 600, TimeUnit.MILLISECONDS);
    }

    private static void setUp() {
        for (int i = 0; i < COUNTERS; i++) {
            int me = i;
            Target.thread("counter-" + i, () -> count(me));
        }
        Target.thread("lambdas", () -> {
            try {
                compile();
            } catch (Throwable e) {
                throw new Exception(e);
            }
        });
        Target.thread("sleeper", Heap::sleep);
        Target.thread("files", Heap::files);
        Target.thread("shared", Heap::shared);
        arm();
    }

    private static void verify() throws InterruptedException {
        Target.expect(Target.eventually(() -> FIRED.get() >= ARMED.get()), "a timer does not fire");
        Thread.sleep(50);
        Target.expect(FIRED.get() == ARMED.get(), ARMED + " timers fired " + FIRED + " times");
        for (int i = 0; i < KINDS; i++) {
            int kind = i;
            Target.expect(Target.eventually(() -> TURNS.get(kind) > SEEN[kind]), "thread " + kind + " stands still");
            SEEN[kind] = TURNS.get(kind);
        }
        System.gc();
        arm();
    }

    public static void main(String[] args) throws Exception {
        Target.run(args, Heap::setUp, Heap::verify);
    }
}
