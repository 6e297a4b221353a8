import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.BooleanSupplier;

/** The protocol of a self-checking target, see ../README.md: run(args, setUp, verify). */
final class Target {
    interface Body {
        void run() throws Exception;
    }

    private static Path directory;
    private static String failure;

    private Target() {
    }

    static Path path(String name) {
        return directory.resolve(name);
    }

    private static void write(String name, String text) {
        try {
            Path temporary = path("." + name + "." + Thread.currentThread().getId());
            Files.write(temporary, text.getBytes(StandardCharsets.UTF_8));
            Files.move(temporary, path(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(44);
        }
    }

    /** Reports the first thing that is wrong, from any thread. */
    static synchronized void fail(String reason) {
        if (failure == null) {
            failure = reason;
            write("failed", reason);
        }
    }

    static void expect(boolean condition, String reason) {
        if (!condition) {
            fail(reason);
        }
    }

    static boolean eventually(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 1500; i++) {
            if (condition.getAsBoolean()) {
                return true;
            }
            Thread.sleep(10);
        }
        return false;
    }

    static void thread(String name, Body body) {
        Thread thread = new Thread(() -> guarded(body), name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void guarded(Body body) {
        try {
            body.run();
        } catch (Throwable e) {
            e.printStackTrace();
            fail(Thread.currentThread().getName() + ": " + e);
        }
    }

    static void run(String[] args, Body setUp, Body verify) throws Exception {
        directory = Path.of(args[0]);
        long pid = ProcessHandle.current().pid();
        setUp.run();
        write("ready", Long.toString(pid));
        while (!Files.exists(path("stop"))) {
            if (Files.exists(path("check")) && !Files.exists(path("result"))) {
                guarded(verify);
                write("result", failure == null ? "ok" : "FAIL: " + failure);
            }
            Thread.sleep(20);
        }
        Runtime.getRuntime().halt(42);
    }
}
