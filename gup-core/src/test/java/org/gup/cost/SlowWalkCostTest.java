package org.gup.cost;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.shim.AccessKind.LOAD_ACQUIRE;
import static org.gup.shim.AccessKind.LOAD_OPAQUE;
import static org.gup.shim.AccessKind.LOAD_PLAIN;
import static org.gup.shim.AccessKind.LOAD_VOLATILE;
import static org.gup.shim.AccessKind.RMW;
import static org.gup.shim.AccessKind.STORE_RELEASE;
import static org.gup.shim.AccessKind.STORE_VOLATILE;
import static org.gup.shim.probe.Word.COMPOUND_HEAD;
import static org.gup.shim.probe.Word.ENTRY;
import static org.gup.shim.probe.Word.EPOCH;
import static org.gup.shim.probe.Word.FLAGS;
import static org.gup.shim.probe.Word.MMAP_SEM;
import static org.gup.shim.probe.Word.REFCOUNT;
import static org.gup.shim.probe.Word.TABLE_LOCK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.gup.GetUserPages;
import org.gup.TestMachine;
import org.gup.fast.LeafGuard;
import org.gup.shim.Shimmed;
import org.gup.shim.probe.Probe;
import org.gup.shim.probe.Tally;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The slow calls on pages that are there, and giving pages back. Linux 5.2, for each page of follow_page_mask(): the upper
 * entries again, the lock of the leaf's table, the reference; mark_page_accessed() sets PG_referenced the first time. put_page()
 * is one locked operation.
 *
 * <p>The model does the same, and counts calls under way in the epoch, which Linux need not: one locked operation for a call,
 * and one for each page, since the LRU's own calls may be made by anybody.
 */
@ExtendWith(Shimmed.class)
class SlowWalkCostTest {
    /** A call that is under way. */
    private static final Bill CALL =
            Bill.NOTHING.and(2, LOAD_PLAIN, EPOCH).and(1, STORE_VOLATILE, EPOCH).and(1, STORE_RELEASE, EPOCH);

    /** Whether mmap_sem is held, as it must be. */
    private static final Bill HELD = Bill.NOTHING.and(1, LOAD_VOLATILE, MMAP_SEM);

    /** mmap_sem for reading, and back. */
    private static final Bill MMAP_SEM_FOR_READ =
            Bill.NOTHING.and(2, LOAD_VOLATILE, MMAP_SEM).and(2, RMW, MMAP_SEM);

    private static final Bill LOCKED =
            Bill.NOTHING.and(2, LOAD_OPAQUE, TABLE_LOCK).and(1, RMW, TABLE_LOCK).and(1, STORE_RELEASE, TABLE_LOCK);

    private static final Bill REFERENCE = Bill.NOTHING
            .and(1, LOAD_ACQUIRE, COMPOUND_HEAD)
            .and(1, LOAD_OPAQUE, REFCOUNT)
            .and(1, RMW, REFCOUNT);

    /** FOLL_TOUCH of a page that is referenced already. */
    private static final Bill TOUCH = CALL.and(1, LOAD_VOLATILE, FLAGS);

    /** FOLL_WRITE and FOLL_TOUCH of a clean entry: whether the page is dirty. */
    private static final Bill IS_DIRTY = Bill.NOTHING.and(1, LOAD_OPAQUE, FLAGS);

    private static Bill follow(final int levels) {
        return Bill.NOTHING.and(levels, LOAD_ACQUIRE, ENTRY).plus(LOCKED).plus(REFERENCE);
    }

    private static final Bill PUT =
            Bill.NOTHING.and(1, LOAD_ACQUIRE, COMPOUND_HEAD).and(1, RMW, REFCOUNT);

    private static Tally held(final TestMachine machine, final int nrPages, final int flags) {
        final long[] pages = new long[nrPages];
        machine.mm.mmapReadLock(machine.task);
        final Tally tally = new Probe(machine.memory, machine.mm)
                .count(
                        nrPages,
                        () -> machine.gup.getUserPages(machine.task, machine.mm, BASE, nrPages, flags, pages, null));
        machine.mm.mmapReadUnlock(machine.task);
        machine.gup.putPages(machine.task, pages, nrPages);
        return tally;
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void getUserPages(final int levels) {
        try (TestMachine machine = TestMachine.of(levels, LeafGuard.fused())) {
            machine.map(BASE, 512, RW);
            machine.populate(BASE, 512);
            final Bill page = follow(levels).plus(TOUCH);
            CALL.plus(HELD)
                    .plus(page.and(1, RMW, FLAGS).times(512))
                    .check(held(machine, 512, 0), "the first time, PG_referenced is set");
            held(machine, 512, 0);
            for (final int nrPages : new int[] {1, 2, 512}) {
                CALL.plus(HELD).plus(page.times(nrPages)).check(held(machine, nrPages, 0), nrPages + " pages");
                CALL.plus(HELD)
                        .plus(page.times(nrPages))
                        .check(held(machine, nrPages, FOLL_WRITE), nrPages + " pages, dirty entries");
            }
        }
    }

    /** Against the kernel, and against the fast walk: what a page costs without a fault. */
    @Test
    void pageAgainstTheKernel() {
        assertEquals(2, follow(4).locked(), "kernel: the table's lock and the reference");
        assertEquals(1, TOUCH.locked(), "the model alone: the LRU's call is counted in the epoch");
        assertEquals(1, PUT.locked());
        assertEquals(0, IS_DIRTY.locked());
    }

    @Test
    void getUserPagesUnlocked() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 16, RW);
            machine.populate(BASE, 16);
            held(machine, 16, 0);
            held(machine, 16, 0);
            final long[] pages = new long[16];
            final Tally tally = new Probe(machine.memory, machine.mm)
                    .count(
                            16,
                            () -> machine.gup.getUserPagesUnlocked(
                                    machine.task, machine.mm, BASE, 16, pages, FOLL_WRITE));
            machine.gup.putPages(machine.task, pages, 16);
            CALL.plus(MMAP_SEM_FOR_READ).plus(follow(4).plus(TOUCH).times(16)).check(tally);
        }
    }

    @Test
    void putPages() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 512, RW);
            machine.populate(BASE, 512);
            final long[] pages = new long[512];
            final Probe probe = new Probe(machine.memory, machine.mm);
            for (final int nrPages : new int[] {1, 512}) {
                assertEquals(nrPages, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, nrPages, 0, pages));
                CALL.plus(PUT.times(nrPages))
                        .check(
                                probe.count(() -> machine.gup.putPages(machine.task, pages, nrPages)),
                                nrPages + " pages");
            }
        }
    }

    /** References of a huge page are taken by one operation and given back one by one, as the kernel does. */
    @Test
    void putPagesOfAHugePage() {
        try (TestMachine machine = TestMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            final long[] pages = new long[512];
            assertEquals(512, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 512, 0, pages));
            CALL.plus(PUT.times(512))
                    .check(new Probe(machine.memory, machine.mm)
                            .count(() -> machine.gup.putPages(machine.task, pages, 512)));
        }
    }

    /** A longterm call where no page is in CMA: an ordinary one, and a look at each page's block, which is no shared word. */
    @Test
    void longtermWithoutCmaPages() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 512, RW);
            machine.populate(BASE, 512);
            held(machine, 512, 0);
            held(machine, 512, 0);
            final Bill ordinary = Bill.of(held(machine, 512, FOLL_WRITE));
            final long drains = machine.task.counters().get(Counter.LRU_ADD_DRAIN_ALL);
            final Bill longterm = Bill.of(held(machine, 512, FOLL_WRITE | FOLL_LONGTERM));
            assertEquals(Bill.NOTHING, longterm.minus(ordinary));
            assertEquals(drains, machine.task.counters().get(Counter.LRU_ADD_DRAIN_ALL));
        }
    }

    /** The slow leg of a fast longterm call has no FOLL_TOUCH: pages that the walk cannot take, zero pages here. */
    @Test
    void longtermSlowLegDoesNotTouch() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 8, RW);
            final long[] pages = new long[8];
            machine.gup.putPages(machine.task, pages, (int)
                    machine.gup.getUserPagesUnlocked(machine.task, machine.mm, BASE, 8, pages, 0));
            final Probe probe = new Probe(machine.memory, machine.mm);
            final Tally touching =
                    probe.count(8, () -> machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 8, 0, pages));
            machine.gup.putPages(machine.task, pages, 8);
            final Tally longterm = probe.count(
                    8, () -> machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 8, FOLL_LONGTERM, pages));
            machine.gup.putPages(machine.task, pages, 8);
            final Bill walk = CALL.and(4, LOAD_ACQUIRE, ENTRY);
            // Under way are the walk, who holds mmap_sem, and the longterm call inside it.
            walk.plus(CALL.times(2))
                    .plus(HELD)
                    .plus(MMAP_SEM_FOR_READ)
                    .plus(follow(4).times(8))
                    .check(longterm);
            assertEquals(0, longterm.touches(FLAGS));
            assertEquals(8, touching.loads(FLAGS));
            assertEquals(StopReason.SPECIAL, GetUserPages.lastStop(machine.task));
        }
    }
}
