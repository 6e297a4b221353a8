// options: -XX:+UseG1GC
// options: -XX:+UseSerialGC
// An idle JVM with default settings otherwise: waiting threads, a listening server, a filled heap, and a pool that works when asked.
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

public final class Idle {
    private static final List<byte[]> BLOCKS = new ArrayList<>();
    private static final LinkedBlockingQueue<Long> QUESTIONS = new LinkedBlockingQueue<>();
    private static final AtomicLong ANSWER = new AtomicLong(-1);
    private static ExecutorService pool;
    private static ServerSocket server;
    private static long question;

    private static void setUp() throws Exception {
        for (int i = 0; i < 300; i++) {
            byte[] block = new byte[50000];
            for (int j = 0; j < block.length; j++) {
                block[j] = (byte) (i * 31 + j);
            }
            BLOCKS.add(block);
        }
        pool = Executors.newFixedThreadPool(8, body -> {
            Thread thread = new Thread(body);
            thread.setDaemon(true);
            return thread;
        });
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Target.thread("server", () -> {
            for (;;) {
                try (Socket client = server.accept()) {
                    client.getOutputStream().write("hello".getBytes());
                    client.shutdownOutput();
                    client.getInputStream().read(); // the client closes first
                }
            }
        });
        Target.thread("asked", () -> {
            for (;;) {
                ANSWER.set(QUESTIONS.take() * 7);
            }
        });
    }

    private static void verify() throws Exception {
        for (int i = 0; i < BLOCKS.size(); i++) {
            byte[] block = BLOCKS.get(i);
            for (int j = 0; j < block.length; j++) {
                if (block[j] != (byte) (i * 31 + j)) {
                    Target.fail("byte " + j + " of block " + i + " changed");
                    return;
                }
            }
        }
        long asked = ++question;
        QUESTIONS.add(asked);
        Target.expect(Target.eventually(() -> ANSWER.get() == asked * 7), "the waiting thread does not answer");
        List<Callable<Integer>> work = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            int n = i;
            work.add(() -> n * n);
        }
        List<Future<Integer>> results = pool.invokeAll(work);
        for (int i = 0; i < 50; i++) {
            Target.expect(results.get(i).get() == i * i, "the pool computes wrongly");
        }
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort()); InputStream stream = client.getInputStream()) {
            Target.expect(new String(stream.readAllBytes()).equals("hello"), "the server says something else");
        }
        Thread.sleep(50);
    }

    public static void main(String[] args) throws Exception {
        Target.run(args, Idle::setUp, Idle::verify);
    }
}
