package org.gup;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.EAGAIN;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.Errno.ERESTARTSYS;
import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.gup.flags.FollFlags;
import org.gup.flags.VmFlags;
import org.gup.mm.Mman;
import org.gup.mm.VmArea;
import org.gup.page.PageDescriptor;
import org.gup.stat.Counter;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Faulting in without an array: populate and mlock. */
class MmPopulateTest {
    private static final long FLAGS =
            VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE | VmFlags.VM_MAYEXEC;

    private final TestMachine machine = TestMachine.small();
    private final Task task = machine.task;
    private final MmPopulate populate = new MmPopulate(machine.gup);

    @AfterEach
    void closeMachine() {
        task.clearSignals();
        machine.close();
    }

    private long pfn(final long address) {
        machine.mm.mmapReadLock(task);
        final long pfn = machine.gup.followPage(task, machine.mm, address, 0);
        machine.mm.mmapReadUnlock(task);
        return pfn;
    }

    private boolean isMlocked(final long pfn) {
        return (PageDescriptor.flagsVolatile(machine.memory.memMap().page(pfn)) & PageDescriptor.PG_MLOCKED) != 0;
    }

    private long range(final long address, final long nrPages, final int[] locked) {
        machine.mm.mmapReadLock(task);
        final VmArea vma = machine.mm.findVma(address);
        final long done =
                populate.populateVmaPageRange(task, machine.mm, vma, address, address + nrPages * PAGE, locked);
        if (locked == null || locked[0] == 1) {
            machine.mm.mmapReadUnlock(task);
        }
        assertFalse(machine.mm.isMmapLocked());
        return done;
    }

    @Test
    void shouldWriteToWhatIsPrivateAndWritable() {
        machine.map(BASE, 3, RW);
        assertEquals(3, range(BASE, 3, null));
        for (int i = 0; i < 3; i++) {
            final long pfn = pfn(BASE + i * PAGE);
            assertTrue(pfn >= 0 && pfn != machine.memory.zeroPfn(), "a page of its own");
            assertEquals(2, machine.refcount(pfn), "its mapping and a pagevec");
        }
    }

    @Test
    void shouldOnlyReadWhatIsReadOnly() {
        machine.map(BASE, 2, Mman.PROT_READ);
        assertEquals(2, range(BASE, 2, null));
        assertEquals(machine.memory.zeroPfn(), pfn(BASE));
        assertFalse(isMlocked(machine.memory.zeroPfn()));
    }

    @Test
    void shouldRefuseAMappingWithoutAnyPermission() {
        machine.map(BASE, 2, Mman.PROT_NONE);
        assertEquals(-EFAULT, range(BASE, 2, null));
    }

    @Test
    void shouldCountAHugePageByOneLook() {
        machine.mapHuge(BASE, 1024, RW);
        final long faults = machine.count(Counter.PGFAULT);
        assertEquals(1024, range(BASE, 1024, null));
        assertEquals(2, machine.count(Counter.PGFAULT) - faults);
    }

    @Test
    void shouldReturnShortWhenAFaultDropsTheLock() {
        final AtomicInteger waits = mapWaiting(4, 4);
        final int[] locked = {1};
        assertEquals(0, range(BASE, 4, locked));
        assertEquals(0, locked[0]);
        assertEquals(1, waits.get());
    }

    /** Every other fault drops mmap_sem; from a page on, there is nothing. */
    private AtomicInteger mapWaiting(final int nrPages, final int firstBad) {
        final AtomicInteger waits = new AtomicInteger();
        machine.mm.mapImported(task, BASE, BASE + nrPages * PAGE, FLAGS, (who, mm, vma, address, flags) -> {
            if (address >= BASE + firstBad * PAGE) {
                return VM_FAULT_SIGBUS;
            }
            if ((flags & FAULT_FLAG_ALLOW_RETRY) != 0 && waits.getAndIncrement() % 2 == 0) {
                mm.mmapReadUnlock(who);
                return VM_FAULT_RETRY;
            }
            return mm.anonymousFault(who, vma, address, flags);
        });
        return waits;
    }

    @Test
    void shouldTakeTheLockAgainAndGoOn() {
        final AtomicInteger waits = mapWaiting(4, 4);
        assertEquals(0, populate.mmPopulate(task, machine.mm, BASE, 4 * PAGE, false));
        assertEquals(8, waits.get(), "each page was asked for twice");
        assertFalse(machine.mm.isMmapLocked());
    }

    @Test
    void shouldStopOrGoOnAfterAnError() {
        mapWaiting(4, 2);
        machine.map(BASE + 8 * PAGE, 2, RW);
        task.innerCalls().clear();
        assertEquals(0, populate.mmPopulate(task, machine.mm, BASE, 10 * PAGE, true), "the hole does not matter");
        assertEquals("0+4r/0+4r/1+3r/2+2r/8+2r", task.innerCalls().toString(), "counted from the start of the range");
        assertTrue(pfn(BASE + 9 * PAGE) >= 0, "reached");
        assertEquals(-EFAULT, populate.mmPopulate(task, machine.mm, BASE, 10 * PAGE, false));
        task.sendSigkill();
        assertEquals(-ERESTARTSYS, populate.mmPopulate(task, machine.mm, BASE + 8 * PAGE, 2 * PAGE, false));
        assertFalse(machine.mm.isMmapLocked());
        assertThrows(
                IllegalArgumentException.class, () -> populate.mmPopulate(task, machine.mm, BASE + 1, PAGE, false));
    }

    @Test
    void shouldLockAndUnlockPages() {
        machine.map(BASE, 4, RW);
        machine.populate(BASE, 1);
        assertEquals(0, populate.mlock(task, machine.mm, BASE + 100, 3 * PAGE));
        for (int i = 0; i < 4; i++) {
            assertTrue(isMlocked(pfn(BASE + i * PAGE)), "page " + i);
        }
        assertEquals(0, populate.munlock(task, machine.mm, BASE, 2 * PAGE));
        assertFalse(isMlocked(pfn(BASE)));
        assertTrue(isMlocked(pfn(BASE + 3 * PAGE)));
    }

    @Test
    void shouldLockOnFaultOnlyWhatIsThere() {
        machine.map(BASE, 4, RW);
        machine.populate(BASE, 1);
        final long faults = machine.count(Counter.PGFAULT);
        assertEquals(0, populate.mlockOnFault(task, machine.mm, BASE, 4 * PAGE));
        assertEquals(faults, machine.count(Counter.PGFAULT));
        assertTrue(isMlocked(pfn(BASE)));
        assertEquals(GetUserPages.NO_PAGE, pfn(BASE + PAGE));
    }

    @Test
    void shouldTranslateTheErrorsOfLocking() {
        machine.map(BASE, 2, RW);
        assertEquals(-ENOMEM, populate.mlock(task, machine.mm, BASE, 4 * PAGE), "a hole");
        task.failNth(FaultPoint.PAGE_ALLOC, 1);
        assertEquals(-EAGAIN, populate.mlock(task, machine.mm, BASE, 2 * PAGE), "no memory");
        machine.map(BASE + 8 * PAGE, 1, Mman.PROT_NONE);
        assertEquals(-ENOMEM, populate.mlock(task, machine.mm, BASE + 8 * PAGE, PAGE), "-EFAULT inside");
    }

    @Test
    void shouldMarkNothingInAMappingThatIsNotLocked() {
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final int flags = FollFlags.FOLL_MLOCK | FollFlags.FOLL_POPULATE;
        assertEquals(1, machine.getUserPages(BASE, 1, flags, null));
        assertFalse(isMlocked(pfn(BASE)));
    }
}
