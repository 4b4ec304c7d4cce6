package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several threads over one small machine, each with its own seeded stream of operations; the books balance after. */
class ConcurrentAllocationTest {
    private static final int STEPS = 15_000;
    private static final int OWN_BLOCKS = 60;

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void shouldBalanceAfterThreadsAllocateFreeAndUseTheLru(final int threads) throws Exception {
        final long seed = System.nanoTime();
        final String label = "seed=" + seed + ", threads=" + threads;
        System.out.println("ConcurrentAllocationTest " + label);
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .tablePages(16)
                .normalPages(6144)
                .cma("area", 2048)
                .movablePages(1024)
                .build()) {
            final CyclicBarrier start = new CyclicBarrier(threads);
            final AtomicReference<Throwable> failed = new AtomicReference<>();
            final List<Thread> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                final Random random = new Random(seed + t);
                final Task task = memory.newTask(t % memory.cpus());
                final Thread thread = new Thread(() -> {
                    try {
                        start.await();
                        new Worker(memory, task, random).run();
                    } catch (final Throwable thrown) {
                        failed.compareAndSet(null, thrown);
                    }
                });
                thread.start();
                running.add(thread);
            }
            for (final Thread thread : running) {
                thread.join();
            }
            assertNull(failed.get(), () -> label + " " + failed.get());
            memory.lruvec().drainAll(memory.newTask(0));
            final MemoryAudit audit = memory.audit();
            assertTrue(audit.balanced(), () -> label + " " + audit);
            assertEquals(0, audit.usedPages(), () -> label + " " + audit);
            assertEquals(7168, memory.freePages(), label);
            long largest = 0;
            for (final Zone zone : memory.zones()) {
                for (int migratetype = 0; migratetype < Migratetype.TYPES; migratetype++) {
                    largest += zone.freeBlocks(10, migratetype);
                }
            }
            assertEquals(7, largest, "everything merged back, " + label);
        }
    }

    /** Owns blocks; marks each page's contents, so that a page given to two owners is seen. */
    private static final class Worker {
        private final PhysicalMemory memory;
        private final MemMap memMap;
        private final Lruvec lru;
        private final Task task;
        private final Random random;
        private final List<long[]> owned = new ArrayList<>();

        Worker(final PhysicalMemory memory, final Task task, final Random random) {
            this.memory = memory;
            this.memMap = memory.memMap();
            this.lru = memory.lruvec();
            this.task = task;
            this.random = random;
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                if (owned.size() < OWN_BLOCKS && random.nextInt(100) < 55) {
                    allocate();
                } else if (!owned.isEmpty()) {
                    useOrFree(random.nextInt(owned.size()));
                }
                if (random.nextInt(500) == 0) {
                    lru.drainAll(task);
                }
                if (random.nextInt(1000) == 0) {
                    tryTakeRange();
                }
            }
            while (!owned.isEmpty()) {
                free(owned.size() - 1);
            }
        }

        private void allocate() {
            final int order = random.nextInt(4) == 0 ? random.nextInt(10) : 0;
            final int gfp = (random.nextInt(3) == 0 ? 0 : Gfp.GFP_MOVABLE) | Gfp.GFP_COMP;
            final long pfn = memory.allocPages(task, gfp, order);
            if (pfn == -1) {
                return;
            }
            if (PageRef.countVolatile(memMap.page(pfn)) != 1) {
                throw new AssertionError("count of a new page: pfn=" + pfn);
            }
            final long mark = random.nextLong();
            memory.frames().putLong(pfn, 0, mark);
            owned.add(new long[] {pfn, mark});
            if ((gfp & Gfp.GFP_MOVABLE) != 0) {
                lru.add(task, pfn, random.nextBoolean());
            }
        }

        private void useOrFree(final int index) {
            final long pfn = owned.get(index)[0];
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (lru.isolate(pfn)) {
                        lru.putback(task, pfn);
                    }
                }
                case 1 -> lru.markAccessed(task, pfn);
                default -> free(index);
            }
        }

        private void free(final int index) {
            final long[] block = owned.set(index, owned.get(owned.size() - 1));
            owned.remove(owned.size() - 1);
            if (memory.frames().getLong(block[0], 0) != block[1]) {
                throw new AssertionError("page had two owners: pfn=" + block[0]);
            }
            memMap.put(task, memMap.page(block[0]), 1);
        }

        private void tryTakeRange() {
            final CmaRange area = memory.cmaRanges().get(0);
            if (!memory.isolation().start(task, area.startPfn(), area.endPfn(), Migratetype.CMA)) {
                return;
            }
            final long start = area.startPfn() + random.nextInt(1024);
            final boolean taken = memory.isolation().take(task, start, start + 64);
            memory.isolation().undo(task, area.startPfn(), area.endPfn(), Migratetype.CMA);
            for (long pfn = start; taken && pfn < start + 64; pfn++) {
                memMap.put(task, memMap.page(pfn), 1);
            }
        }
    }
}
