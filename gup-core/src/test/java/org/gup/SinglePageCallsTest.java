package org.gup;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.EEXIST;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_GET;
import static org.gup.flags.FollFlags.FOLL_MIGRATION;
import static org.gup.flags.FollFlags.FOLL_TOUCH;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_REMOTE;
import static org.gup.flags.VmFault.FAULT_FLAG_TRIED;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.flags.VmFlags;
import org.gup.mm.GateArea;
import org.gup.mm.Mman;
import org.gup.mm.VmArea;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The calls of one page: follow_page, get_dump_page, fixup_user_fault, and the gate area. */
class SinglePageCallsTest {
    private static final long FLAGS =
            VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE | VmFlags.VM_MAYEXEC;
    private static final long GATE = 0xffff_ffff_ff60_0000L;

    private final TestMachine machine = TestMachine.small();
    private final Task task = machine.task;
    private final long[] pages = new long[4];

    @AfterEach
    void closeMachine() {
        machine.close();
    }

    private long follow(final long address, final int flags) {
        machine.mm.mmapReadLock(task);
        try {
            return machine.gup.followPage(task, machine.mm, address, flags);
        } finally {
            machine.mm.mmapReadUnlock(task);
        }
    }

    private int fixup(final long address, final int faultFlags, final int[] unlocked) {
        machine.mm.mmapReadLock(task);
        try {
            return machine.gup.fixupUserFault(task, machine.mm, address, faultFlags, unlocked);
        } finally {
            machine.mm.mmapReadUnlock(task);
        }
    }

    @Test
    void shouldFollowWhatIsThereAndFaultNothingIn() {
        machine.map(BASE, 4, RW);
        machine.populate(BASE, 1);
        final long faults = machine.count(Counter.PGFAULT);
        final long pfn = follow(BASE + 5, 0);
        assertEquals(Pte.pfn(machine.entry(BASE, PTE_LEVEL)), pfn);
        assertEquals(1, machine.refcount(pfn), "no reference without FOLL_GET");
        assertEquals(pfn, follow(BASE, FOLL_GET | FOLL_WRITE));
        assertEquals(2, machine.refcount(pfn));
        machine.gup.putPage(task, pfn);
        assertEquals(GetUserPages.NO_PAGE, follow(BASE + PAGE, 0), "never touched");
        assertEquals(-EFAULT, follow(BASE + PAGE, FOLL_DUMP));
        assertEquals(GetUserPages.NO_PAGE, follow(BASE - PAGE, 0), "no mapping");
        assertEquals(faults, machine.count(Counter.PGFAULT));
        assertEquals(0, machine.mm.mprotect(task, BASE, PAGE, Mman.PROT_READ));
        assertEquals(GetUserPages.NO_PAGE, follow(BASE, FOLL_WRITE), "read-only");
    }

    @Test
    void shouldFollowIntoHugePages() {
        machine.mapHuge(BASE, 512, RW);
        machine.populate(BASE, 1);
        final long head = follow(BASE, 0);
        assertEquals(head + 300, follow(BASE + 300 * PAGE, FOLL_GET));
        assertEquals(2, machine.refcount(head));
        machine.gup.putPage(task, head + 300);
    }

    @Test
    void shouldAnswerEexistForAFrameWithoutAPage() { // B32
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final long entryAddress = machine.entryAddress(BASE, PTE_LEVEL);
        final long entry = TablePages.entryAcquire(entryAddress);
        final long bare = (entry & ~(Pte.ACCESSED | Pte.DIRTY)) | Pte.SPECIAL;
        TablePages.storeRelease(entryAddress, bare);
        assertEquals(-EEXIST, follow(BASE, 0));
        assertEquals(bare, TablePages.entryAcquire(entryAddress), "not touched");
        assertEquals(-EFAULT, follow(BASE, FOLL_GET));
        assertEquals(-EFAULT, follow(BASE, FOLL_DUMP));
        assertEquals(-EEXIST, follow(BASE, FOLL_TOUCH));
        assertEquals(bare | Pte.ACCESSED, TablePages.entryAcquire(entryAddress));
        assertEquals(-EEXIST, follow(BASE, FOLL_TOUCH | FOLL_WRITE));
        assertEquals(bare | Pte.ACCESSED | Pte.DIRTY, TablePages.entryAcquire(entryAddress));
        // get_user_pages without an array counts it, with one it fails.
        assertEquals(1, machine.getUserPages(BASE, 1, 0, null));
        assertEquals(-EFAULT, machine.getUserPages(BASE, 1, 0, pages));
        TablePages.storeRelease(entryAddress, entry);
    }

    @Test
    void shouldWaitForAMovingPageWhenAsked() throws InterruptedException {
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final long entryAddress = machine.entryAddress(BASE, PTE_LEVEL);
        final long entry = TablePages.entryAcquire(entryAddress);
        final long pfn = Pte.pfn(entry);
        final long page = machine.memory.memMap().page(pfn);
        PageLock.lock(page, machine.memory.await());
        TablePages.storeRelease(entryAddress, machine.mm.walkRoot().layout().migrationEntry(pfn, true));
        assertEquals(GetUserPages.NO_PAGE, follow(BASE, 0), "plain calls leave it to the fault");
        final Thread mover = new Thread(() -> {
            while (machine.count(Counter.MIGRATION_ENTRY_WAITS) == 0) {
                Thread.onSpinWait();
            }
            TablePages.storeRelease(entryAddress, entry);
            PageLock.unlock(page);
        });
        mover.start();
        assertEquals(pfn, follow(BASE, FOLL_MIGRATION));
        mover.join();
        assertTrue(machine.count(Counter.MIGRATION_ENTRY_WAITS) > 0);
        assertEquals(1, machine.refcount(pfn));
    }

    @Test
    void shouldWarnOnceOfAPageWithoutReferences() {
        machine.map(BASE, 2, RW);
        machine.populate(BASE, 2);
        final long page = machine.memory.memMap().page(follow(BASE + PAGE, 0));
        PageRef.init(page, 0);
        assertEquals(-ENOMEM, follow(BASE + PAGE, FOLL_GET));
        assertEquals(1, machine.getUserPages(BASE, 2, 0, pages));
        assertEquals(1, machine.gup.warnings().size());
        assertEquals(1, machine.count(Counter.WARNINGS));
        PageRef.init(page, 1);
        machine.gup.putPage(task, pages[0]);
        // A negative count makes the fast walk warn too, and the slow path behind it.
        machine.gup.resetWarnings();
        PageRef.init(page, -99);
        assertEquals(1, machine.gup.getUserPagesFast(task, machine.mm, BASE, 2, 0, pages));
        assertEquals(3, machine.count(Counter.WARNINGS));
        PageRef.init(page, 1);
        machine.gup.putPage(task, pages[0]);
    }

    @Test
    void shouldDumpWhatIsThereAndNoHoles() {
        machine.map(BASE, 4, RW);
        machine.populate(BASE, 1);
        final long pfn = machine.gup.getDumpPage(task, machine.mm, BASE);
        assertEquals(BASE, machine.memory.frames().getLong(pfn, 0));
        assertEquals(2, machine.refcount(pfn));
        machine.gup.putPage(task, pfn);
        assertEquals(GetUserPages.NO_PAGE, machine.gup.getDumpPage(task, machine.mm, BASE + PAGE), "never touched");
        assertEquals(1, machine.getUserPages(BASE + 2 * PAGE, 1, 0, null));
        assertEquals(GetUserPages.NO_PAGE, machine.gup.getDumpPage(task, machine.mm, BASE + 2 * PAGE), "the zero page");
        assertEquals(GetUserPages.NO_PAGE, machine.gup.getDumpPage(task, machine.mm, BASE + 4 * PAGE), "no mapping");
        // FOLL_FORCE: what its owner may not read is dumped.
        assertEquals(0, machine.mm.mprotect(task, BASE, PAGE, Mman.PROT_NONE));
        assertEquals(pfn, machine.gup.getDumpPage(task, machine.mm, BASE));
        machine.gup.putPage(task, pfn);
    }

    @Test
    void shouldFixUpOneFault() {
        machine.map(BASE, 4, RW);
        final long minor = machine.count(Counter.GUP_MINFLT);
        assertEquals(0, fixup(BASE + 8, FAULT_FLAG_WRITE, null));
        assertNotEquals(0, follow(BASE, FOLL_WRITE));
        assertEquals(1, machine.count(Counter.GUP_MINFLT) - minor);
        assertEquals(-EFAULT, fixup(BASE - PAGE, 0, null));
        assertEquals(0, machine.mm.mprotect(task, BASE, PAGE, Mman.PROT_READ));
        assertEquals(0, fixup(BASE, 0, null));
        assertEquals(-EFAULT, fixup(BASE, FAULT_FLAG_WRITE, null), "the mapping forbids it");
        assertEquals(0, machine.mm.pkeyMprotect(task, BASE, PAGE, RW, 2));
        task.setPkru(2 << 4);
        assertEquals(0, fixup(BASE, 0, null));
        assertEquals(-EFAULT, fixup(BASE, FAULT_FLAG_WRITE, null), "the key forbids it");
        assertEquals(0, fixup(BASE, FAULT_FLAG_WRITE | FAULT_FLAG_REMOTE, null), "keys are the task's own");
        task.setPkru(Task.PKRU_ALLOW_ALL);
    }

    @Test
    void shouldRetryAFaultOnceWithTheLockHeldAgain() {
        final List<Integer> seen = new ArrayList<>();
        machine.mm.mapImported(task, BASE, BASE + 2 * PAGE, FLAGS, (who, mm, vma, address, flags) -> {
            seen.add(flags);
            if ((flags & FAULT_FLAG_ALLOW_RETRY) != 0) {
                mm.mmapReadUnlock(who);
                return VM_FAULT_RETRY | VM_FAULT_MAJOR;
            }
            return address > BASE + PAGE ? VM_FAULT_SIGBUS : mm.anonymousFault(who, vma, address, flags);
        });
        final int[] unlocked = {0};
        final long major = machine.count(Counter.GUP_MAJFLT);
        assertEquals(0, fixup(BASE, 0, unlocked));
        assertArrayEquals(new int[] {1}, unlocked);
        assertEquals(List.of(FAULT_FLAG_ALLOW_RETRY, FAULT_FLAG_TRIED), seen);
        assertEquals(1, machine.count(Counter.GUP_MAJFLT) - major, "one, for the first try");
        seen.clear();
        assertEquals(0, fixup(BASE, 0, null));
        assertEquals(List.of(), seen, "it is there; and without a word the lock is kept");
        assertEquals(-EFAULT, fixup(BASE + PAGE + 8, 0, null));
        assertEquals(List.of(0), seen);
    }

    @Test
    void shouldGetThePageOfTheGateAreaSlowlyAndReadOnly() { // B28, B29
        final long page = machine.memory.allocPages(task, 0, 0);
        PageDescriptor.setFlags(machine.memory.memMap().page(page), PageDescriptor.PG_RESERVED);
        final GetUserPages gup =
                GetUserPages.builder(machine.memory).vsyscallPage(page).build();
        machine.mm.mmapReadLock(task);
        final VmArea[] vmas = new VmArea[2];
        assertEquals(1, gup.getUserPages(task, machine.mm, GATE + 9, 2, 0, pages, vmas), "one page, then nothing");
        assertEquals(page, pages[0]);
        assertSame(GateArea.area(), vmas[0]);
        assertEquals(2, machine.refcount(page));
        gup.putPage(task, page);
        assertEquals(1, gup.getUserPages(task, machine.mm, GATE, 1, 0, null, null));
        assertEquals(1, machine.refcount(page));
        assertEquals(-EFAULT, gup.getUserPages(task, machine.mm, GATE, 1, FOLL_WRITE, pages, null));
        assertEquals(-EFAULT, machine.gup.getUserPages(task, machine.mm, GATE, 1, 0, pages, null), "no gate area");
        machine.mm.mmapReadUnlock(task);
        assertEquals(-EFAULT, gup.getUserPagesFast(task, machine.mm, GATE, 1, 0, pages));
        PageDescriptor.clearFlags(machine.memory.memMap().page(page), PageDescriptor.PG_RESERVED);
        machine.memory.memMap().put(task, machine.memory.memMap().page(page), 1);
    }
}
