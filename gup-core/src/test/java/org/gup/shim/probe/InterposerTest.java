package org.gup.shim.probe;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.GetUserPages;
import org.gup.TestMachine;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.shim.AccessKind;
import org.gup.shim.Interposer;
import org.gup.shim.Shimmed;
import org.gup.stat.StopReason;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Actions in the middle of a call. */
@ExtendWith(Shimmed.class)
class InterposerTest {
    @Test
    void shouldRunInsideTheShim() {
        assertEquals("shim", getClass().getClassLoader().getName());
        assertEquals("shim", TablePages.class.getClassLoader().getName());
    }

    /** C32: the processor sets the accessed bit between the first look and the second. */
    @Test
    void walkShouldStopAtAnEntryThatChangesUnderIt() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.populate(BASE, 4);
            final long entry = machine.entryAddress(BASE + 2 * PAGE, PageTableGeometry.PTE_LEVEL);
            final long pte = TablePages.entryAcquire(entry);
            final long[] pages = new long[4];
            final int got = Interposer.before(AccessKind.LOAD_VOLATILE, entry)
                    .act(() -> TablePages.getAndSet(entry, pte ^ Pte.ACCESSED))
                    .during(() -> machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, 4, false, pages));
            assertEquals(2, got);
            assertEquals(StopReason.ENTRY_CHANGED, GetUserPages.lastStop(machine.task));
            assertEquals(1, machine.refcount(Pte.pfn(pte)), "the reference was given back");
            machine.gup.putPages(machine.task, pages, got);
        }
    }

    @Test
    void shouldCountMatches() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.populate(BASE, 4);
            final long[] pages = new long[4];
            final int[] gathered = new int[1];
            final int got = Interposer.after((kind, base, address, bytes) -> kind == AccessKind.LOAD_VOLATILE)
                    .nth(3)
                    .act(() -> gathered[0] = machine.refcount(pages[1]))
                    .during(() -> machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, 4, false, pages));
            assertEquals(4, got);
            assertEquals(2, gathered[0], "the second page was ours at the third page's second look");
            machine.gup.putPages(machine.task, pages, got);
        }
    }

    @Test
    void shouldFailIfTheAccessDoesNotHappen() {
        final Interposer never = Interposer.before(AccessKind.RMW, 0x1000).act(() -> {});
        assertThrows(AssertionError.class, () -> never.during(() -> 1));
    }

    /** An unmapping that frees a table has to wait for the walk: it goes on when the walk has ended, and not before. */
    @Test
    void actionOfAnotherThreadMayWaitForTheCall() {
        try (TestMachine machine = TestMachine.small()) {
            final Task other = machine.memory.newTask(1);
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            final long entry = machine.entryAddress(BASE, PageTableGeometry.PTE_LEVEL);
            final long[] pages = new long[1];
            final boolean[] unmapped = new boolean[1];
            final int got = Interposer.after(AccessKind.LOAD_ACQUIRE, entry)
                    .actOnAnotherThread(() -> {
                        assertEquals(0, machine.mm.munmap(other, BASE, PAGE));
                        unmapped[0] = true;
                    })
                    .during(() -> {
                        final int walked =
                                machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, 1, false, pages);
                        return walked;
                    });
            assertEquals(0, got);
            assertTrue(unmapped[0]);
            assertEquals(StopReason.ENTRY_CHANGED, GetUserPages.lastStop(machine.task));
            machine.memory.exitTask(other);
        }
    }

    @Test
    void actionThatWaitsForItsOwnCallShouldFail() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            final Task other = machine.memory.newTask(1);
            final long entry = machine.entryAddress(BASE, PageTableGeometry.PTE_LEVEL);
            final long[] pages = new long[1];
            final boolean[] after = new boolean[1];
            final Interposer stuck = Interposer.after(AccessKind.LOAD_ACQUIRE, entry)
                    .act(() -> {
                        machine.memory.epoch().synchronize();
                        after[0] = true;
                    });
            assertThrows(
                    AssertionError.class,
                    () -> stuck.during(
                            () -> machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, 1, false, pages)));
            assertFalse(after[0]);
            machine.memory.exitTask(other);
        }
    }
}
