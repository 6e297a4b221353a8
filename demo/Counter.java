import java.util.HashMap;

/**
 * Counts, and knows whether it still is what it was: each worker fills a map and keeps a sum of what it put in; every
 * second the main thread adds all the maps up anew and compares.
 */
public final class Counter {
    private static final int WORKERS = 4;

    private static final class Worker extends Thread {
        private final HashMap<Long, Long> map = new HashMap<>();
        private final long stride;
        private long next;
        private long sum;

        Worker(int number) {
            super("worker-" + number);
            stride = 0x9E3779B97F4A7C15L + 2L * number;
            setDaemon(true);
        }

        @Override
        public void run() {
            while (true) {
                synchronized (this) {
                    for (int i = 0; i < 50; i++) {
                        long value = (next + 1) * stride;
                        map.put(next++, value);
                        sum += value ^ (value >>> 29);
                    }
                }
                try {
                    Thread.sleep(10);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        synchronized long entries() {
            return map.size();
        }

        synchronized long verifiedSum() {
            long fresh = 0;
            for (long value : map.values())
                fresh += value ^ (value >>> 29);
            if (fresh != sum || map.size() != next) {
                System.out.println("CORRUPT: " + getName());
                System.exit(1);
            }
            return fresh;
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        Worker[] workers = new Worker[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            workers[i] = new Worker(i);
            workers[i].start();
        }
        for (int tick = 1;; tick++) {
            Thread.sleep(1000);
            long entries = 0;
            long sum = 0;
            for (Worker worker : workers) {
                entries += worker.entries();
                sum ^= worker.verifiedSum();
            }
            System.out.printf("tick %d: %d threads, %d entries, checksum %016x verified, pid %d%n",
                    tick, WORKERS + 1, entries, sum, ProcessHandle.current().pid());
        }
    }
}
