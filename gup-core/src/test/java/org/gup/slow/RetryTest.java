package org.gup.slow;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.FollFlags.FOLL_NOWAIT;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.FAULT_FLAG_TRIED;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.GetUserPages;
import org.gup.TestMachine;
import org.gup.flags.VmFlags;
import org.gup.kernel.KernelVersion;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.stat.Counter;
import org.gup.task.InnerCalls;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Faults that drop mmap_sem: the loop of get_user_pages_locked. The mapping's pages are real; only its waiting is made up. */
class RetryTest {
    private static final long FLAGS =
            VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE | VmFlags.VM_MAYEXEC;

    private final TestMachine machine = TestMachine.small();
    private final long[] pages = new long[16];
    private final int[] locked = {1};
    private final List<Integer> faultFlags = new ArrayList<>();

    @AfterEach
    void closeMachine() {
        machine.close();
    }

    /** A mapping whose every fault waits for I/O once if it may, and fails from a page on. */
    private void mapWaiting(final int nrPages, final int firstBad) {
        machine.mm.mapImported(machine.task, BASE, BASE + nrPages * PAGE, FLAGS, (task, mm, vma, address, flags) -> {
            faultFlags.add(flags);
            if ((flags & FAULT_FLAG_ALLOW_RETRY) != 0) {
                if ((flags & FAULT_FLAG_RETRY_NOWAIT) == 0) {
                    mm.mmapReadUnlock(task);
                }
                return VM_FAULT_RETRY;
            }
            return address >= BASE + firstBad * PAGE ? VM_FAULT_SIGBUS : fill(task, mm, vma, address, flags);
        });
    }

    private static int fill(final Task task, final MmStruct mm, final VmArea vma, final long address, final int flags) {
        return mm.anonymousFault(task, vma, address, flags);
    }

    private long locked(final int nrPages, final int flags) {
        machine.mm.mmapReadLock(machine.task);
        final long got = machine.gup.getUserPagesLocked(machine.task, machine.mm, BASE, nrPages, flags, pages, locked);
        if (locked[0] == 1) {
            machine.mm.mmapReadUnlock(machine.task);
        }
        assertFalse(machine.mm.isMmapLocked(), "nobody holds it now");
        return got;
    }

    @Test
    void shouldGoOnAfterEachDroppedLock() {
        mapWaiting(3, 3);
        assertEquals(3, locked(3, FOLL_WRITE));
        assertEquals(0, locked[0]);
        final int first = FAULT_FLAG_WRITE | FAULT_FLAG_ALLOW_RETRY;
        final int second = FAULT_FLAG_WRITE | FAULT_FLAG_TRIED;
        assertEquals(List.of(first, second, first, second, first, second), faultFlags);
        machine.gup.putPages(machine.task, pages, 3);
    }

    @Test
    void shouldKeepTheLockWithoutWaiting() {
        mapWaiting(3, 3);
        assertEquals(0, locked(3, FOLL_NOWAIT));
        assertEquals(1, locked[0]);
    }

    @Test
    void shouldReleaseTheLockTakenAgainForAPageThatFails() {
        mapWaiting(3, 2);
        assertEquals(2, locked(3, FOLL_WRITE));
        assertEquals(0, locked[0]);
        machine.gup.putPages(machine.task, pages, 2);
    }

    @Test
    void shouldReportTheErrorOfTheFirstPage() {
        mapWaiting(3, 0);
        assertEquals(-EFAULT, locked(3, FOLL_WRITE));
        assertEquals(0, locked[0]);
    }

    @Test
    void shouldNeverDropTheLockOfAPlainCall() {
        mapWaiting(2, 2);
        machine.mm.mmapReadLock(machine.task);
        assertEquals(2, machine.gup.getUserPages(machine.task, machine.mm, BASE, 2, 0, pages, null));
        assertTrue(machine.mm.isMmapLocked());
        machine.mm.mmapReadUnlock(machine.task);
        assertEquals(List.of(0, 0), faultFlags);
        machine.gup.putPages(machine.task, pages, 2);
    }

    @Test
    void shouldTakeAndReleaseTheLockItself() {
        mapWaiting(2, 2);
        assertEquals(2, machine.gup.getUserPagesUnlocked(machine.task, machine.mm, BASE, 2, pages, FOLL_WRITE));
        assertFalse(machine.mm.isMmapLocked());
        machine.gup.putPages(machine.task, pages, 2);
    }

    @Test
    void shouldFinishAPopulateWithoutAnArray() {
        mapWaiting(2, 2);
        machine.mm.mmapReadLock(machine.task);
        assertEquals(2, machine.gup.getUserPagesLocked(machine.task, machine.mm, BASE, 2, FOLL_WRITE, null, locked));
        assertEquals(0, locked[0]);
        assertFalse(machine.mm.isMmapLocked());
    }

    @Test
    void shouldEndAPopulateThatLostTheLockInV51() {
        mapWaiting(2, 2);
        final GetUserPages old =
                GetUserPages.builder(machine.memory).version(KernelVersion.V5_1).build();
        machine.mm.mmapReadLock(machine.task);
        assertEquals(0, old.getUserPagesLocked(machine.task, machine.mm, BASE, 2, FOLL_WRITE, null, locked));
        assertEquals(0, locked[0]);
        assertFalse(machine.mm.isMmapLocked());
        // With an array it goes on, as ever.
        assertEquals(2, old.getUserPagesUnlocked(machine.task, machine.mm, BASE, 2, pages, FOLL_WRITE));
        machine.gup.putPages(machine.task, pages, 2);
    }

    @Test
    void shouldTraceTheCallsOfTheLoop() {
        mapWaiting(3, 3);
        machine.task.innerCalls().clear();
        final long before = machine.count(Counter.SLOW_INNER_CALLS);
        assertEquals(3, machine.gup.getUserPagesUnlocked(machine.task, machine.mm, BASE, 3, pages, FOLL_WRITE));
        assertEquals("0+3r/0+1/1+2r/1+1/2+1r/2+1", machine.task.innerCalls().toString());
        assertEquals(6, machine.count(Counter.SLOW_INNER_CALLS) - before);
        assertEquals(6, machine.task.innerCalls().count());
        machine.gup.putPages(machine.task, pages, 3);
        // More than are kept.
        while (machine.task.innerCalls().count() <= InnerCalls.CAPACITY) {
            assertEquals(2, machine.gup.getUserPagesUnlocked(machine.task, machine.mm, BASE, 2, pages, FOLL_WRITE));
            machine.gup.putPages(machine.task, pages, 2);
        }
        assertEquals(2, machine.task.innerCalls().nrPages(InnerCalls.CAPACITY - 1));
    }
}
