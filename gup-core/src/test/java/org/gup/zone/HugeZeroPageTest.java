package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CyclicBarrier;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who needs the huge zero page first, and what becomes of the others. */
class HugeZeroPageTest {
    @Test
    @Timeout(120)
    void shouldGiveTheOnePageToAllWhoNeedItWhenThereIsMemoryForOneOnly() throws Exception {
        for (int round = 0; round < 60; round++) {
            try (PhysicalMemory memory =
                    PhysicalMemory.builder().tablePages(16).normalPages(1024).build()) {
                assertTrue(memory.allocPages(memory.newTask(0), Gfp.GFP_COMP, 9) >= 0);
                final CyclicBarrier start = new CyclicBarrier(2);
                final long[] got = new long[2];
                final Thread[] threads = new Thread[2];
                for (int t = 0; t < 2; t++) {
                    final int who = t;
                    final Task task = memory.newTask(t);
                    threads[t] = new Thread(() -> {
                        try {
                            start.await();
                            got[who] = memory.hugeZeroPfn(task);
                        } catch (final Exception failed) {
                            got[who] = -2;
                        }
                    });
                    threads[t].start();
                }
                for (final Thread thread : threads) {
                    thread.join();
                }
                assertTrue(got[0] >= 0, "round " + round);
                assertEquals(got[0], got[1], "round " + round);
            }
        }
    }

    @Test
    void shouldFailOnlyWhileNobodyHasAllocatedIt() {
        try (PhysicalMemory memory =
                PhysicalMemory.builder().tablePages(16).normalPages(1024).build()) {
            final Task task = memory.newTask(0);
            task.failNth(FaultPoint.PAGE_ALLOC, 1);
            assertEquals(-1, memory.hugeZeroPfn(task));
            final long pfn = memory.hugeZeroPfn(task);
            assertTrue(memory.isHugeZeroPfn(pfn));
            task.failNth(FaultPoint.PAGE_ALLOC, 1);
            assertEquals(pfn, memory.hugeZeroPfn(task));
        }
    }
}
