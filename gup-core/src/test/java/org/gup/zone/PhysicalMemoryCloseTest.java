package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** The end of a model: nobody inside is left without memory, nobody outside gets in. */
class PhysicalMemoryCloseTest {
    @Test
    void shouldRefuseToBeClosedTwice() {
        final PhysicalMemory memory = PhysicalMemory.builder().build();
        assertFalse(memory.isClosed());
        memory.close();
        assertTrue(memory.isClosed());
        assertThrows(IllegalStateException.class, memory::close);
        assertTrue(memory.toString().contains("closed"));
    }

    @TestFactory
    List<DynamicTest> shouldRefuseEveryUseAfterClose() {
        final PhysicalMemory memory =
                PhysicalMemory.builder().cma("area", 1024).movablePages(1024).build();
        final Task task = memory.newTask(0);
        final Lruvec lru = memory.lruvec();
        final Zone zone = memory.zones().get(0);
        final PageIsolation isolation = memory.isolation();
        final long start = zone.startPfn();
        memory.close();

        final List<DynamicTest> tests = new ArrayList<>();
        add(tests, "newTask", () -> memory.newTask(0));
        add(tests, "exitTask", () -> memory.exitTask(task));
        add(tests, "allocPages", () -> memory.allocPages(task, Gfp.GFP_MOVABLE, 0));
        add(tests, "zeroPfn", memory::zeroPfn);
        add(tests, "hugeZeroPfn", () -> memory.hugeZeroPfn(task));
        add(tests, "isHugeZeroPfn", () -> memory.isHugeZeroPfn(start));
        add(tests, "freePages", memory::freePages);
        add(tests, "isCma", () -> memory.isCma(start));
        add(tests, "importedReleased", memory::importedReleased);
        add(tests, "audit", memory::audit);
        add(tests, "memMap", memory::memMap);
        add(tests, "frames", memory::frames);
        add(tests, "tables", memory::tables);
        add(tests, "devPagemaps", memory::devPagemaps);
        add(tests, "lruvec", memory::lruvec);
        add(tests, "isolation", memory::isolation);
        add(tests, "await", memory::await);
        add(tests, "tlbSync", memory::tlbSync);
        add(tests, "zones", memory::zones);
        add(tests, "cmaRanges", memory::cmaRanges);
        add(tests, "devices", memory::devices);
        add(tests, "cpus", memory::cpus);
        add(tests, "epoch.enterCall", () -> memory.epoch().enterCall(task));
        add(tests, "zone.freePages", zone::freePages);
        add(tests, "zone.freePages(type)", () -> zone.freePages(1));
        add(tests, "zone.freeBlocks", () -> zone.freeBlocks(0, 1));
        add(tests, "lru.add", () -> lru.add(task, start, false));
        add(tests, "lru.drainCpu", () -> lru.drainCpu(0, task));
        add(tests, "lru.drainAll", () -> lru.drainAll(task));
        add(tests, "lru.isolate", () -> lru.isolate(start));
        add(tests, "lru.putback", () -> lru.putback(task, start));
        add(tests, "lru.markAccessed", () -> lru.markAccessed(task, start));
        add(tests, "lru.pages", () -> lru.pages(true));
        add(tests, "lru.pages(file)", () -> lru.pages(true, true));
        add(tests, "lru.pagevecPages", () -> lru.pagevecPages(0));
        add(tests, "isolation.start", () -> isolation.start(task, start, start + 512, 1));
        add(tests, "isolation.undo", () -> isolation.undo(task, start, start + 512, 1));
        add(tests, "isolation.firstUsed", () -> isolation.firstUsed(task, start, start + 1));
        add(tests, "isolation.take", () -> isolation.take(task, start, start + 1));
        return tests;
    }

    private static void add(final List<DynamicTest> tests, final String method, final Executable use) {
        tests.add(DynamicTest.dynamicTest(method, () -> {
            final IllegalStateException refused = assertThrows(IllegalStateException.class, use);
            assertEquals("the model is closed", refused.getMessage());
        }));
    }

    @Test
    void shouldGiveBackWhatItWasBuiltWith() {
        final Await await = tries -> Thread.yield();
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .cpus(3)
                .maxTasks(2)
                .await(await)
                .tlbSync(TlbSync.IPI_WAIT)
                .build()) {
            assertSame(await, memory.await());
            assertEquals(TlbSync.IPI_WAIT, memory.tlbSync());
            assertEquals(3, memory.cpus());
            assertThrows(IllegalArgumentException.class, () -> memory.newTask(3));
            assertThrows(IllegalArgumentException.class, () -> memory.newTask(-1));
            final Task one = memory.newTask(2);
            memory.newTask(0);
            assertThrows(IllegalStateException.class, () -> memory.newTask(0));
            memory.exitTask(one);
            assertThrows(IllegalStateException.class, () -> memory.exitTask(one));
            assertEquals(2, memory.newTask(2).cpu());
        }
    }

    /** The closer is known to wait when its await is called; only then does the one inside use the memory again. */
    @Test
    @Timeout(value = 30, unit = TimeUnit.SECONDS)
    void shouldWaitForWhoIsInsideBeforeFreeingTheMemory() throws InterruptedException {
        final CountDownLatch waiting = new CountDownLatch(1);
        final PhysicalMemory memory = PhysicalMemory.builder()
                .await(tries -> {
                    waiting.countDown();
                    Thread.yield();
                })
                .build();
        final Task task = memory.newTask(0);
        final MemMap memMap = memory.memMap();
        final Lruvec lru = memory.lruvec();
        final CountDownLatch inside = new CountDownLatch(1);
        final AtomicBoolean left = new AtomicBoolean();
        final AtomicReference<Throwable> failed = new AtomicReference<>();
        final Thread user = new Thread(() -> {
            memory.epoch().enterCall(task);
            try {
                final long pfn = memory.allocPages(task, Gfp.GFP_MOVABLE, 0);
                inside.countDown();
                waiting.await();
                assertEquals(1, PageRef.countVolatile(memMap.page(pfn)));
                memMap.put(task, memMap.page(pfn), 1);
                lru.drainAll(task);
            } catch (final Throwable thrown) {
                failed.set(thrown);
            } finally {
                left.set(true);
                memory.epoch().exitCall(task);
            }
        });
        user.start();
        inside.await();
        memory.close();
        assertTrue(left.get(), "closed while a call was under way");
        user.join();
        assertDoesNotThrow(() -> {
            if (failed.get() != null) {
                throw failed.get();
            }
        });
        assertThrows(IllegalStateException.class, () -> memory.allocPages(task, Gfp.GFP_MOVABLE, 0));
    }
}
