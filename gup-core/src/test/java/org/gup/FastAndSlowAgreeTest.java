package org.gup;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.gup.fast.LeafGuard;
import org.gup.flags.FollFlags;
import org.gup.mm.Mman;
import org.gup.mm.SegmentationFault;
import org.gup.mm.UserAccess;
import org.gup.stat.Counter;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/**
 * Two models live the same random life, one asked through the fast call and one through the slow call only: same results,
 * same contents, same references. Exempt: mappings that may be written but not read, where the fast walk reads and the slow
 * one refuses (no such mapping is made here).
 */
class FastAndSlowAgreeTest {
    private static final int SEQUENCES = 150;
    private static final int STEPS = 60;
    private static final int WINDOW_PAGES = 1536;
    private static final int[] PROTECTIONS = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE};

    private long fastPages;
    private long slowPages;
    private long errors;

    @Test
    void shouldGiveTheSameAnswers() {
        final long seed = Long.getLong("gup.seed", System.nanoTime());
        System.out.println("FastAndSlowAgreeTest: -Dgup.seed=" + seed);
        final Random random = new Random(seed);
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            final long sequenceSeed = random.nextLong();
            final int levels = 4 + sequence % 2;
            final LeafGuard guard = sequence % 4 < 2 ? LeafGuard.fused() : LeafGuard.checkByCheck();
            try (TestMachine fast = new TestMachine(memory(), levels, guard);
                    TestMachine slow = new TestMachine(memory(), levels, guard)) {
                live(fast, slow, new Random(sequenceSeed), "seed " + seed + ", sequence " + sequence);
            }
        }
        assertTrue(
                fastPages > 1000 && slowPages > 1000 && errors > 100,
                "every kind of answer occurred: fast=" + fastPages + ", slow=" + slowPages + ", errors=" + errors);
    }

    private static PhysicalMemory.Builder memory() {
        return PhysicalMemory.builder().normalPages(8192).tablePages(128);
    }

    private void live(final TestMachine fast, final TestMachine slow, final Random random, final String where) {
        for (int step = 0; step < STEPS; step++) {
            final String context = where + ", step " + step;
            final long address = BASE + random.nextInt(WINDOW_PAGES) * PAGE;
            final int pages = 1 + random.nextInt(random.nextBoolean() ? 16 : 600);
            switch (random.nextInt(8)) {
                case 0, 1 -> {
                    final int prot = PROTECTIONS[random.nextInt(PROTECTIONS.length)];
                    final boolean huge = random.nextInt(4) == 0;
                    for (final TestMachine machine : new TestMachine[] {fast, slow}) {
                        machine.map(address, pages, prot);
                        if (huge) {
                            machine.mm.madvise(machine.task, address, pages * PAGE, Mman.MADV_HUGEPAGE);
                        }
                    }
                }
                case 2 ->
                    assertEquals(
                            fast.mm.munmap(fast.task, address, pages * PAGE),
                            slow.mm.munmap(slow.task, address, pages * PAGE),
                            context);
                case 3 -> {
                    final int prot = PROTECTIONS[random.nextInt(PROTECTIONS.length)];
                    assertEquals(
                            fast.mm.mprotect(fast.task, address, pages * PAGE, prot),
                            slow.mm.mprotect(slow.task, address, pages * PAGE, prot),
                            context);
                }
                case 4 -> {
                    final long value = random.nextLong();
                    for (int i = 0; i < Math.min(pages, 24); i++) {
                        assertEquals(
                                store(fast, address + i * PAGE, value + i),
                                store(slow, address + i * PAGE, value + i),
                                context);
                    }
                }
                default -> get(fast, slow, address, pages, random.nextInt(4), context);
            }
        }
    }

    private static boolean store(final TestMachine machine, final long address, final long value) {
        try {
            UserAccess.store(machine.task, machine.mm, address, value);
            return true;
        } catch (final SegmentationFault refused) {
            return false;
        }
    }

    private void get(
            final TestMachine fast,
            final TestMachine slow,
            final long address,
            final int nrPages,
            final int kind,
            final String context) {
        final int flags = (kind & 1) * FollFlags.FOLL_WRITE | (kind >> 1) * FollFlags.FOLL_FORCE;
        final long[] fromFast = new long[nrPages];
        final long[] fromSlow = new long[nrPages];
        final long fastBefore = fast.task.counters().get(Counter.FAST_PAGES);
        final int got = fast.gup.getUserPagesFast(fast.task, fast.mm, address, nrPages, flags, fromFast);
        final long expected = slow.gup.getUserPagesUnlocked(slow.task, slow.mm, address, nrPages, fromSlow, flags);
        assertEquals(expected, got, context + ", flags " + FollFlags.describe(flags));
        fast.memory.lruvec().drainAll(fast.task);
        slow.memory.lruvec().drainAll(slow.task);
        for (int i = 0; i < got; i++) {
            assertEquals(
                    slow.memory.frames().getLong(fromSlow[i], 0),
                    fast.memory.frames().getLong(fromFast[i], 0),
                    context + ", contents of page " + i);
            assertEquals(slow.refcount(fromSlow[i]), fast.refcount(fromFast[i]), context + ", references of page " + i);
        }
        if (got < 0) {
            errors++;
        } else {
            final long gathered = fast.task.counters().get(Counter.FAST_PAGES) - fastBefore;
            fastPages += gathered;
            slowPages += got - gathered;
            fast.gup.putPages(fast.task, fromFast, got);
            slow.gup.putPages(slow.task, fromSlow, got);
        }
    }
}
