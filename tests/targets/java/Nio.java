// options: -XX:+UseParallelGC -Xmx256m
// options: -XX:+UseZGC -Xmx256m
// Channels and executors: a selector that echoes over pipes, a mapped file, a file channel with positions, a fork-join sum, periodic tasks,
// parking threads, a synchronous queue, and a digest chain that must be what an undisturbed run gives.
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

public final class Nio {
    private static final int ECHO = 0, MAPPED = 1, SUMS = 2, PERIODIC = 3, PARKED = 4, QUEUE = 5, APPENDED = 6, KINDS = 7;
    private static final AtomicLongArray TURNS = new AtomicLongArray(KINDS);
    private static final long[] SEEN = new long[KINDS];
    private static final int PAGES = 64;
    private static final AtomicLong GENERATION = new AtomicLong();
    private static MappedByteBuffer map;
    private static FileChannel appended;
    private static byte[] chain = new byte[32], known = new byte[32];
    private static long links, knownLinks;

    private static byte[] digest(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static void link() throws Exception {
        for (;;) {
            synchronized (Nio.class) {
                for (int i = 0; i < 50; i++, links++) {
                    chain = digest(chain);
                }
            }
            Thread.sleep(2);
        }
    }

    private static void echo(Selector selector, Pipe questions, Pipe answers) throws Exception {
        questions.source().configureBlocking(false);
        questions.source().register(selector, SelectionKey.OP_READ);
        ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        for (;;) {
            selector.select();
            selector.selectedKeys().clear();
            buffer.clear();
            while (questions.source().read(buffer) > 0) {
                buffer.flip();
                answers.sink().write(buffer);
                buffer.clear();
            }
        }
    }

    private static void ask(Pipe questions, Pipe answers) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(8);
        for (long question = 0;; question++) {
            buffer.clear();
            buffer.putLong(0, question);
            questions.sink().write(buffer);
            buffer.clear();
            while (buffer.hasRemaining()) {
                answers.source().read(buffer);
            }
            Target.expect(buffer.getLong(0) == question, "question " + question + " came back as " + buffer.getLong(0));
            TURNS.incrementAndGet(ECHO);
            Thread.sleep(1);
        }
    }

    private static void mapped() throws Exception {
        for (long generation = 1;; generation++) {
            GENERATION.set(generation);
            for (int page = 0; page < PAGES; page++) {
                for (int i = 0; i < 4096; i += 512) {
                    map.putLong(page * 4096 + i, generation * 31 + page);
                }
            }
            for (int page = 0; page < PAGES; page++) {
                Target.expect(map.getLong(page * 4096 + 1024) == generation * 31 + page, "page " + page + " of the mapped file changed");
            }
            TURNS.incrementAndGet(MAPPED);
            Thread.sleep(1);
        }
    }

    private static final class Sum extends RecursiveTask<Long> {
        private final int from, to;

        Sum(int from, int to) {
            this.from = from;
            this.to = to;
        }

        @Override
        protected Long compute() {
            if (to - from <= 1000) {
                long sum = 0;
                for (int i = from; i < to; i++) {
                    sum += (long) i * i;
                }
                return sum;
            }
            Sum left = new Sum(from, (from + to) / 2), right = new Sum((from + to) / 2, to);
            left.fork();
            return right.compute() + left.join();
        }
    }

    private static void sums() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(3);
        for (;;) {
            Target.expect(pool.submit(new Sum(0, 100_000)).get() == 333328333350000L, "a fork-join sum is wrong");
            TURNS.incrementAndGet(SUMS);
            Thread.sleep(1);
        }
    }

    private static void parked() {
        for (;;) {
            long start = System.nanoTime();
            while (System.nanoTime() - start < 20_000_000) {
                LockSupport.parkNanos(20_000_000 - (System.nanoTime() - start));
            }
            TURNS.incrementAndGet(PARKED);
        }
    }

    private static void append() throws Exception {
        ByteBuffer record = ByteBuffer.allocate(8);
        for (long i = 0;; i++) {
            record.clear();
            record.putLong(0, i);
            appended.write(record);
            Target.expect(appended.position() == 8 * (i + 1), "the channel is at " + appended.position() + " after " + i + " records");
            TURNS.incrementAndGet(APPENDED);
            Thread.sleep(2);
        }
    }

    private static void setUp() throws Exception {
        Pipe questions = Pipe.open(), answers = Pipe.open();
        Selector selector = Selector.open();
        FileChannel file = FileChannel.open(Target.path("mapped"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        map = file.map(FileChannel.MapMode.READ_WRITE, 0, PAGES * 4096);
        appended = FileChannel.open(Target.path("appended"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        SynchronousQueue<Long> queue = new SynchronousQueue<>();
        ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2, body -> {
            Thread thread = new Thread(body, "periodic");
            thread.setDaemon(true);
            return thread;
        });
        scheduler.scheduleAtFixedRate(() -> TURNS.incrementAndGet(PERIODIC), 0, 10, TimeUnit.MILLISECONDS);
        Target.thread("echo", () -> echo(selector, questions, answers));
        Target.thread("ask", () -> ask(questions, answers));
        Target.thread("mapped", Nio::mapped);
        Target.thread("sums", Nio::sums);
        Target.thread("parked", Nio::parked);
        Target.thread("append", Nio::append);
        Target.thread("link", Nio::link);
        Target.thread("put", () -> {
            for (long i = 0;; i++) {
                queue.put(i);
                Thread.sleep(1);
            }
        });
        Target.thread("take", () -> {
            for (long i = 0;; i++) {
                Target.expect(queue.take() == i, "the queue loses an element");
                TURNS.incrementAndGet(QUEUE);
            }
        });
    }

    private static void verify() throws Exception {
        for (int i = 0; i < KINDS; i++) {
            int kind = i;
            Target.expect(Target.eventually(() -> TURNS.get(kind) > SEEN[kind]), "thread " + kind + " stands still");
            SEEN[kind] = TURNS.get(kind);
        }
        synchronized (Nio.class) {
            for (; knownLinks < links; knownLinks++) {
                known = digest(known);
            }
            Target.expect(Arrays.equals(known, chain), "the digest chain is wrong after " + links + " links");
        }
    }

    public static void main(String[] args) throws Exception {
        Target.run(args, Nio::setUp, Nio::verify);
    }
}
