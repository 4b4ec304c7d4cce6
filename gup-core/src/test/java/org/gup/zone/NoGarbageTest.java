package org.gup.zone;

import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.gup.zone.Gfp.GFP_ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.gup.page.MemMap;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No Java object per page: bytes that this thread allocates over 10^5 warm pairs of operations. */
class NoGarbageTest {
    private static final int PAIRS = 100_000;
    private static final int ROUNDS = 5;

    private PhysicalMemory memory;
    private MemMap memMap;
    private Task task;

    @BeforeEach
    void open() {
        memory = PhysicalMemory.builder()
                .tablePages(16)
                .normalPages(4096)
                .cma("area", 1024)
                .build();
        memMap = memory.memMap();
        task = memory.newTask(0);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    /** The least of a few rounds: what the compiler makes once, when it revises its code, is not garbage per page. */
    private static void assertNoGarbage(final Runnable pairs) {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "no allocation counter");
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemorySupported());
        threads.setThreadAllocatedMemoryEnabled(true);
        final long thread = Thread.currentThread().getId();
        pairs.run();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && least != 0; round++) {
            final long before = threads.getThreadAllocatedBytes(thread);
            final long overhead = threads.getThreadAllocatedBytes(thread) - before;
            final long start = threads.getThreadAllocatedBytes(thread);
            pairs.run();
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - start - overhead);
        }
        assertEquals(0, least, "bytes over " + PAIRS + " pairs");
    }

    @Test
    void shouldAllocateAndFreePagesWithoutGarbage() {
        assertNoGarbage(() -> {
            for (int i = 0; i < PAIRS; i++) {
                final long pfn = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, i & 3);
                memMap.put(task, memMap.page(pfn), 1);
            }
        });
    }

    @Test
    void shouldStealAndClearWithoutGarbage() {
        final long movable = memory.allocPages(task, GFP_MOVABLE, 0);
        memory.frames().putLong(movable, 0, 1);
        assertNoGarbage(() -> {
            for (int i = 0; i < PAIRS; i++) {
                final long pfn = memory.allocPages(task, i % 2 == 0 ? 0 : GFP_MOVABLE | GFP_ZERO, 0);
                memMap.put(task, memMap.page(pfn), 1);
            }
        });
    }

    @Test
    void shouldPassPagevecsAndListsWithoutGarbage() {
        final Lruvec lru = memory.lruvec();
        assertNoGarbage(() -> {
            for (int i = 0; i < PAIRS; i++) {
                final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
                lru.add(task, pfn, false);
                lru.markAccessed(task, pfn);
                if (i % 7 == 0) {
                    lru.drainAll(task);
                    if (lru.isolate(pfn)) {
                        lru.putback(task, pfn);
                    }
                }
                memMap.put(task, memMap.page(pfn), 1);
            }
            lru.drainAll(task);
        });
    }
}
