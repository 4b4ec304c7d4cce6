package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFlags.VM_HUGETLB;
import static org.gup.flags.VmFlags.VM_MAYREAD;
import static org.gup.flags.VmFlags.VM_MAYWRITE;
import static org.gup.flags.VmFlags.VM_READ;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.pgtable.Pte.ACCESSED;
import static org.gup.pgtable.Pte.DIRTY;
import static org.gup.pgtable.Pte.NX;
import static org.gup.pgtable.Pte.PRESENT;
import static org.gup.pgtable.Pte.PSE;
import static org.gup.pgtable.Pte.RW;
import static org.gup.pgtable.Pte.SPECIAL;
import static org.gup.pgtable.Pte.USER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.flags.Errno;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Address spaces over tables that were not made here: what may change in them, and that nothing of theirs is freed. */
class AdoptedTablesTest {
    private static final long PAGE = 4096;
    private static final long BASE = 0x4000_0000L;
    private static final long HUGE = 2L << 20;
    private static final long READABLE = PRESENT | USER | ACCESSED | NX;
    private static final long ANON = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;

    private static final long ZERO_PFN = 7;
    private static final long SMALL_PFN = 100;
    private static final long HUGE_PFN = 512;
    private static final long TOP = 2000;
    private static final long PUD = 2001;
    private static final long PMD = 2002;
    private static final long PTE = 2003;
    private static final long IMPORTED = 2048;

    private PhysicalMemory memory;
    private Task task;
    private MmStruct mm;
    private long freeAtStart;

    private void adopt(final int ownTables) {
        memory = PhysicalMemory.builder()
                .tablePages(ownTables)
                .imported(IMPORTED, TOP)
                .importedZeroPfn(ZERO_PFN)
                .build();
        task = memory.newTask(0);
        freeAtStart = memory.freePages();
        entry(TOP, 0, Pte.of(PUD, Pte.TABLE));
        entry(PUD, 1, Pte.of(PMD, Pte.TABLE));
        entry(PMD, 0, Pte.of(PTE, Pte.TABLE));
        entry(PMD, 1, Pte.of(HUGE_PFN, READABLE | RW | DIRTY | PSE));
        entry(PTE, 0, Pte.of(SMALL_PFN, READABLE | RW | DIRTY));
        entry(PTE, 1, Pte.of(SMALL_PFN + 1, READABLE));
        entry(PTE, 2, Pte.of(SMALL_PFN + 2, READABLE));
        entry(PTE, 3, Pte.of(ZERO_PFN, READABLE | SPECIAL));
        entry(PTE, 4, Pte.swapEntry(1, 1234));
        for (final long pfn : new long[] {SMALL_PFN, SMALL_PFN + 1, SMALL_PFN + 2, HUGE_PFN}) {
            PageRef.init(memory.memMap().page(pfn), 1);
            memory.frames().putLong(pfn, 0, 1000 + pfn);
        }
        PageDescriptor.setFlags(memory.memMap().page(SMALL_PFN + 1), PageDescriptor.PG_ANON);
        PageDescriptor.setFlags(memory.memMap().page(HUGE_PFN), PageDescriptor.PG_ANON);
        memory.memMap().prepCompound(HUGE_PFN, 9);
        mm = MmStruct.adopt(memory, PageTableGeometry.FOUR_LEVEL, PteLayout.V6_12, TOP);
        mm.mapImported(task, BASE, BASE + HUGE, ANON, null);
        mm.mapImported(task, BASE + HUGE, BASE + 2 * HUGE, ANON, null);
    }

    private void entry(final long tablePfn, final int index, final long entry) {
        TablePages.storeRelease(memory.tables().address(tablePfn) + 8L * index, entry);
    }

    private long entry(final long tablePfn, final int index) {
        return TablePages.entryAcquire(memory.tables().address(tablePfn) + 8L * index);
    }

    @AfterEach
    void nothingOfTheDumpWasFreed() {
        mm.close();
        memory.lruvec().drainAll(task);
        assertEquals(0, memory.tables().allocated());
        assertEquals(freeAtStart, memory.freePages());
        assertTrue(memory.audit().balanced(), () -> memory.audit().toString());
        assertEquals(0, memory.importedReleased());
        for (final long pfn : new long[] {SMALL_PFN, SMALL_PFN + 1, SMALL_PFN + 2, HUGE_PFN}) {
            assertEquals(1, PageRef.countVolatile(memory.memMap().page(pfn)), "pfn " + pfn);
            assertEquals(0, memory.memMap().pteMapcount(pfn), "pfn " + pfn);
        }
        assertEquals(0, memory.memMap().compoundMapcount(HUGE_PFN));
        memory.close();
    }

    @Test
    void shouldReadAndWriteWhatIsMapped() {
        adopt(8);
        assertEquals(1000 + SMALL_PFN, UserAccess.load(task, mm, BASE));
        assertEquals(1001 + SMALL_PFN, UserAccess.load(task, mm, BASE + PAGE));
        assertEquals(1000 + HUGE_PFN, UserAccess.load(task, mm, BASE + HUGE));
        assertEquals(0, UserAccess.load(task, mm, BASE + 3 * PAGE));
        UserAccess.store(task, mm, BASE, 1);
        assertEquals(1, memory.frames().getLong(SMALL_PFN, 0));
        assertEquals(
                VM_FAULT_SIGBUS,
                assertThrows(SegmentationFault.class, () -> UserAccess.load(task, mm, BASE + 4 * PAGE))
                        .vmFault());
        assertEquals(0, memory.tables().allocated());
    }

    @Test
    void shouldPutPagesOfItsOwnIntoTablesOfTheDump() {
        adopt(8);
        UserAccess.store(task, mm, BASE + 5 * PAGE, 42);
        assertEquals(42, UserAccess.load(task, mm, BASE + 5 * PAGE));
        assertTrue(Pte.pfn(entry(PTE, 5)) >= IMPORTED);
        mm.mapImported(task, BASE + 8 * HUGE, BASE + 9 * HUGE, ANON, null);
        UserAccess.store(task, mm, BASE + 8 * HUGE, 43);
        assertEquals(1, memory.tables().allocated());
        assertEquals(43, UserAccess.load(task, mm, BASE + 8 * HUGE));
        assertEquals(0, mm.munmap(task, BASE, 9 * HUGE));
        assertEquals(0, memory.tables().allocated());
        assertEquals(0, entry(TOP, 0), "unlinked, but not freed");
        assertEquals(0, entry(PTE, 0));
    }

    @Test
    void shouldReuseAnonymousPagesAndCopyOthers() {
        adopt(8);
        UserAccess.store(task, mm, BASE + PAGE, 1);
        assertEquals(SMALL_PFN + 1, Pte.pfn(entry(PTE, 1)), "anonymous, mapped once as far as is known");
        assertTrue(Pte.isWritable(entry(PTE, 1)));
        UserAccess.store(task, mm, BASE + 2 * PAGE + 8, 2);
        assertNotEquals(SMALL_PFN + 2, Pte.pfn(entry(PTE, 2)), "may be a file's");
        assertEquals(1002 + SMALL_PFN, UserAccess.load(task, mm, BASE + 2 * PAGE), "with its bytes");
        assertEquals(2, UserAccess.load(task, mm, BASE + 2 * PAGE + 8));
        assertEquals(0, memory.frames().getLong(SMALL_PFN + 2, 8));
        UserAccess.store(task, mm, BASE + 3 * PAGE, 3);
        assertNotEquals(ZERO_PFN, Pte.pfn(entry(PTE, 3)));
    }

    @Test
    void shouldSplitAHugePageOfTheDumpWithATableOfItsOwn() {
        adopt(8);
        assertEquals(0, mm.mprotect(task, BASE + HUGE + PAGE, PAGE, PROT_READ));
        assertEquals(1, memory.tables().allocated());
        assertFalse(Pte.isHuge(entry(PMD, 1)));
        assertEquals(1000 + HUGE_PFN, UserAccess.load(task, mm, BASE + HUGE));
        assertThrows(SegmentationFault.class, () -> UserAccess.store(task, mm, BASE + HUGE + PAGE, 1));
        assertEquals(0, mm.munmap(task, BASE + HUGE, HUGE));
        assertEquals(0, memory.tables().allocated());
    }

    @Test
    void shouldSayThatThereIsNoTableForTheSplit() {
        adopt(1);
        assertEquals(1, memory.tables().allocate() - IMPORTED + 1);
        assertEquals(-Errno.ENOMEM, mm.mprotect(task, BASE + HUGE + PAGE, PAGE, PROT_READ));
        assertEquals(-Errno.ENOMEM, mm.munmap(task, BASE + HUGE + PAGE, PAGE));
        mm.mmapReadLock(task);
        assertFalse(mm.splitHugePmd(task, mm.findVma(BASE + HUGE), BASE + HUGE));
        mm.mmapReadUnlock(task);
        assertTrue(Pte.isHuge(entry(PMD, 1)));
        assertEquals(1000 + HUGE_PFN, UserAccess.load(task, mm, BASE + HUGE));
        assertEquals(0, mm.mprotect(task, BASE + HUGE, HUGE, PROT_READ));
        memory.tables().free(IMPORTED);
    }

    @Test
    void shouldLeaveHugetlbPagesAsTheyAre() {
        adopt(8);
        entry(PMD, 2, Pte.of(HUGE_PFN, READABLE | PSE));
        entry(PUD, 2, Pte.of(0, READABLE | PSE));
        mm.mapImported(task, BASE + 2 * HUGE, BASE + 3 * HUGE, ANON | VM_HUGETLB, null);
        mm.mapImported(task, 2L << 30, 3L << 30, ANON | VM_HUGETLB, null);
        assertEquals(1000 + HUGE_PFN, UserAccess.load(task, mm, BASE + 2 * HUGE));
        assertEquals(1000 + SMALL_PFN, UserAccess.load(task, mm, (2L << 30) + SMALL_PFN * PAGE));
        assertEquals(
                VM_FAULT_SIGBUS,
                assertThrows(SegmentationFault.class, () -> UserAccess.store(task, mm, BASE + 2 * HUGE, 1))
                        .vmFault());
        mm.mmapReadLock(task);
        assertEquals(0, mm.handleMmFault(task, mm.findVma(2L << 30), 2L << 30, 0));
        assertEquals(VM_FAULT_SIGBUS, mm.handleMmFault(task, mm.findVma(2L << 30), 2L << 30, FAULT_FLAG_WRITE));
        mm.mmapReadUnlock(task);
        assertEquals(-Errno.EINVAL, mm.munmap(task, BASE + 2 * HUGE, PAGE));
        assertEquals(0, mm.munmap(task, 2L << 30, 1L << 30));
        assertEquals(0, entry(PUD, 2));
    }

    @Test
    void shouldRefuseMappingsThatCannotBe() {
        adopt(8);
        assertThrows(IllegalArgumentException.class, () -> mm.mapImported(task, BASE, BASE + PAGE, ANON, null));
        assertThrows(IllegalArgumentException.class, () -> mm.mapImported(task, 1, PAGE, ANON, null));
        assertThrows(IllegalArgumentException.class, () -> mm.mapImported(task, PAGE, PAGE, ANON, null));
        assertThrows(IllegalArgumentException.class, () -> mm.mapImported(task, -2 * PAGE, -PAGE, ANON, null));
        assertThrows(
                IllegalArgumentException.class,
                () -> MmStruct.adopt(memory, PageTableGeometry.FOUR_LEVEL, PteLayout.V6_12, 5));
        assertFalse(mm.isMmapLocked());
    }
}
