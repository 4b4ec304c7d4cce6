package org.gup;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.fast.LeafGuard;
import org.gup.flags.FollFlags;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Walkers against unmapping, remapping and protection of the same few pages. Invariant: a page that a call returned belongs
 * to its address for as long as the reference is held, so that it holds that address's stamp or, if nobody has written yet,
 * zeroes; never the stamp of another address. At the end the books balance.
 */
class FastWalkVersusUnmapTest {
    private static final int ROUNDS = 4_000;

    @ParameterizedTest
    @CsvSource({
        "4, 4, false, RCU_DEFER",
        "64, 5, false, RCU_DEFER",
        "1024, 4, true, RCU_DEFER",
        "16, 4, false, IPI_WAIT",
        "1024, 5, true, IPI_WAIT"
    })
    @Timeout(120)
    void shouldNeverReturnAForeignPage(final int nrPages, final int levels, final boolean huge, final TlbSync sync)
            throws InterruptedException {
        final long seed = Long.getLong("gup.seed", System.nanoTime());
        System.out.println("FastWalkVersusUnmapTest: -Dgup.seed=" + seed);
        try (TestMachine machine = new TestMachine(PhysicalMemory.builder().tlbSync(sync), levels, LeafGuard.fused())) {
            final AtomicBoolean done = new AtomicBoolean();
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final AtomicLong held = new AtomicLong();
            final Thread[] walkers = new Thread[2];
            final Task[] tasks = new Task[2];
            for (int w = 0; w < walkers.length; w++) {
                final Task task = machine.memory.newTask(w % 2);
                final Random random = new Random(seed + w);
                tasks[w] = task;
                walkers[w] = new Thread(() -> {
                    try {
                        while (!done.get()) {
                            held.addAndGet(walkOnce(machine, task, random, nrPages));
                        }
                    } catch (final Throwable failed) {
                        failure.compareAndSet(null, failed);
                    }
                });
                walkers[w].start();
            }
            final Random mutations = new Random(~seed);
            // Again, until walkers have got pages without a lock, however the machine schedules them.
            do {
                mutate(machine, mutations, nrPages, huge, failure);
            } while (failure.get() == null && (held.get() == 0 || fastPages(tasks) == 0));
            done.set(true);
            for (final Thread walker : walkers) {
                walker.join();
            }
            assertNull(failure.get(), () -> "seed " + seed + ": " + failure.get());
            for (final Task task : tasks) {
                machine.memory.exitTask(task);
            }
        }
    }

    private static long fastPages(final Task[] tasks) {
        long pages = 0;
        for (final Task task : tasks) {
            pages += task.counters().get(Counter.FAST_PAGES);
        }
        return pages;
    }

    private static void mutate(
            final TestMachine machine,
            final Random random,
            final int nrPages,
            final boolean huge,
            final AtomicReference<Throwable> failure) {
        final int rounds = huge ? ROUNDS / 20 : ROUNDS;
        for (int round = 0; round < rounds && failure.get() == null; round++) {
            final int first = random.nextInt(nrPages);
            final int count = 1 + random.nextInt(nrPages - first);
            final long address = BASE + first * PAGE;
            machine.map(address, count, RW);
            if (huge) {
                machine.mm.madvise(machine.task, address, count * PAGE, Mman.MADV_HUGEPAGE);
            }
            for (int i = 0; i < count; i++) {
                UserAccess.store(machine.task, machine.mm, address + i * PAGE, stamp(address + i * PAGE));
            }
            switch (random.nextInt(3)) {
                case 0 -> assertEquals(0, machine.mm.munmap(machine.task, address, count * PAGE));
                case 1 -> assertEquals(0, machine.mm.mprotect(machine.task, address, count * PAGE, Mman.PROT_READ));
                default -> {
                    // Left mapped; the next round maps over it.
                }
            }
        }
    }

    private static int walkOnce(final TestMachine machine, final Task task, final Random random, final int nrPages) {
        final long[] pages = new long[Math.min(nrPages, 64)];
        final int first = random.nextInt(nrPages);
        final int count = 1 + random.nextInt(Math.min(pages.length, nrPages - first));
        final long address = BASE + first * PAGE;
        final int flags = random.nextBoolean() ? FollFlags.FOLL_WRITE : 0;
        final int got = random.nextInt(8) == 0
                ? machine.gup.getUserPagesFast(task, machine.mm, address, count, flags, pages)
                : machine.gup.getUserPagesFastOnly(task, machine.mm, address, count, flags != 0, pages);
        for (int i = 0; i < got; i++) {
            final long contents = machine.memory.frames().getLong(pages[i], 0);
            if (contents != 0 && contents != stamp(address + i * PAGE)) {
                throw new AssertionError(
                        "page " + i + " of 0x" + Long.toHexString(address) + " holds 0x" + Long.toHexString(contents));
            }
        }
        if (got > 0) {
            machine.gup.putPages(task, pages, got);
        }
        return Math.max(got, 0);
    }

    private static long stamp(final long address) {
        return address | 1;
    }
}
