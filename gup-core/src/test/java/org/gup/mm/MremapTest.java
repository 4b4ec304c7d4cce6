package org.gup.mm;

import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.MmMachine.bits;
import static org.gup.mm.Mman.MREMAP_FIXED;
import static org.gup.mm.Mman.MREMAP_MAYMOVE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.stat.Counter;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** mremap: where entries go, that pages and counts stay, and what is refused. */
class MremapTest {
    private static final long THERE = BASE + (64L << 30);

    private static long moveTo(final MmMachine machine, final long from, final long pages, final long to) {
        return machine.mm.mremap(machine.task, from, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    }

    @Test
    void shouldMovePagesWithTheirEntries() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 5, RW);
            machine.store(BASE, 1);
            machine.load(BASE + PAGE);
            machine.store(BASE + 3 * PAGE, 4);
            machine.protect(BASE, 1, Mman.PROT_READ);
            machine.protect(BASE, 1, RW);
            machine.drain();
            final long pfn = machine.pfn(BASE);
            final long pte = machine.pte(BASE);
            assertEquals(THERE + 5 * PAGE, moveTo(machine, BASE, 5, THERE + 5 * PAGE));
            assertEquals("16777221-16777226rw", machine.layout());
            assertEquals(pte, machine.pte(THERE + 5 * PAGE));
            assertEquals(0, machine.pte(BASE));
            assertEquals(1, machine.refcount(pfn));
            assertEquals(1, machine.mapcount(pfn));
            assertEquals(1, machine.load(THERE + 5 * PAGE));
            assertEquals(machine.memory.zeroPfn(), machine.pfn(THERE + 6 * PAGE));
            assertEquals(-1, machine.pfn(THERE + 7 * PAGE));
            assertEquals(4, machine.load(THERE + 8 * PAGE));
            assertThrows(SegmentationFault.class, () -> machine.load(BASE));
        }
    }

    @Test
    void shouldReplaceWhatIsThere() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 2, RW);
            machine.map(THERE, 4, RW);
            machine.store(BASE, 1);
            machine.store(THERE + PAGE, 2);
            machine.store(THERE + 3 * PAGE, 3);
            assertEquals(THERE + PAGE, moveTo(machine, BASE, 2, THERE + PAGE));
            assertEquals(0, machine.load(THERE));
            assertEquals(1, machine.load(THERE + PAGE));
            assertEquals(0, machine.load(THERE + 2 * PAGE));
            assertEquals(3, machine.load(THERE + 3 * PAGE));
        }
    }

    @Test
    void shouldGrowInPlaceOrMoveIfItMay() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 2, RW);
            machine.map(BASE + 4 * PAGE, 1, RW);
            machine.store(BASE + PAGE, 7);
            assertEquals(BASE, machine.mm.mremap(machine.task, BASE, 2 * PAGE, 4 * PAGE, 0, 0));
            assertEquals(BASE + 3 * PAGE, machine.vma(BASE + 3 * PAGE).start() + 3 * PAGE);
            assertEquals(-Errno.ENOMEM, machine.mm.mremap(machine.task, BASE, 4 * PAGE, 6 * PAGE, 0, 0));
            final long moved = machine.mm.mremap(machine.task, BASE, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE, 0);
            assertTrue(moved > 0 && moved != BASE);
            assertEquals(7, machine.load(moved + PAGE));
            machine.store(moved + 5 * PAGE, 8);
            assertThrows(SegmentationFault.class, () -> machine.load(BASE));
        }
    }

    @Test
    void shouldShrink() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.store(BASE + 3 * PAGE, 1);
            machine.store(BASE, 2);
            assertEquals(BASE, machine.mm.mremap(machine.task, BASE, 4 * PAGE, PAGE, 0, 0));
            assertEquals("0-1rw", machine.layout());
            assertEquals(
                    THERE, machine.mm.mremap(machine.task, BASE, PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, THERE));
            assertEquals(2, machine.load(THERE));
            assertEquals(0, machine.load(THERE + 2 * PAGE));
        }
    }

    @Test
    void shouldMoveAHugePageAsOne() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 1024, RW);
            machine.store(BASE, 1);
            machine.store(BASE + HUGE, 2);
            final long head = machine.pfn(BASE);
            assertEquals(THERE, moveTo(machine, BASE, 512, THERE));
            assertTrue(machine.isHuge(THERE));
            assertEquals(head, machine.pfn(THERE));
            assertEquals(0, machine.pmd(BASE));
            assertEquals(0, machine.count(Counter.THP_SPLIT_PMD));
            assertEquals(1, machine.load(THERE));
            assertEquals(2, machine.load(BASE + HUGE));
            // The deposited table went with it: splitting needs one.
            machine.protect(THERE + PAGE, 1, Mman.PROT_READ);
            assertFalse(machine.isHuge(THERE));
            assertEquals(1, machine.load(THERE));
        }
    }

    /** Setup thp_pieces of the oracle: two pieces of a huge page side by side, then another page. */
    @Test
    void shouldMovePiecesOfAHugePage() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE + 5 * PAGE, 5);
            machine.store(BASE + 9 * PAGE, 9);
            machine.map(THERE, 3, RW);
            machine.store(THERE + 2 * PAGE, 3);
            machine.drain();
            final long head = machine.pfn(BASE);
            assertEquals(THERE, moveTo(machine, BASE + 5 * PAGE, 1, THERE));
            assertEquals(THERE + PAGE, moveTo(machine, BASE + 9 * PAGE, 1, THERE + PAGE));
            assertEquals(head + 5, machine.pfn(THERE));
            assertEquals(head + 9, machine.pfn(THERE + PAGE));
            assertEquals(Pte.NX | 0x27, bits(machine.pte(THERE)), "dirty went to the page");
            assertEquals(512, machine.refcount(head));
            assertEquals(1, machine.refcount(machine.pfn(THERE + 2 * PAGE)));
            assertEquals(5, machine.load(THERE));
            assertEquals(9, machine.load(THERE + PAGE));
        }
    }

    @Test
    void shouldMoveSwapEntries() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().swapPages(10), 4)) {
            machine.map(BASE, 2, RW);
            machine.store(BASE, 1);
            assertEquals(1, machine.mm.swapOut(machine.task, BASE, 1));
            final long entry = machine.pte(BASE);
            moveTo(machine, BASE, 2, THERE);
            assertEquals(entry, machine.pte(THERE));
            assertEquals(1, machine.memory.swap().count(1));
            assertEquals(1, machine.load(THERE));
        }
    }

    @Test
    void shouldBeFoundByReverseMappingWhereItIsNow() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 3, RW);
            machine.store(BASE + PAGE, 1);
            machine.drain();
            final long pfn = machine.pfn(BASE + PAGE);
            moveTo(machine, BASE + PAGE, 1, THERE);
            machine.get(pfn);
            machine.lockPage(pfn);
            assertTrue(machine.memory.rmap().tryToUnmapForMigration(machine.task, pfn));
            assertEquals(PteLayout.V5_2.migrationEntry(pfn, true), machine.pte(THERE));
            final long entry = machine.pte(THERE);
            moveTo(machine, THERE, 1, THERE + HUGE);
            assertEquals(entry, machine.pte(THERE + HUGE), "a page that is being migrated moves too");
            machine.memory.rmap().removeMigrationPtes(machine.task, pfn, pfn);
            machine.unlockPage(pfn);
            machine.put(pfn);
            assertEquals(pfn, machine.pfn(THERE + HUGE));
            assertEquals(1, machine.load(THERE + HUGE));
        }
    }

    @Test
    void shouldMergeWithANeighbourItFitsTo() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            for (int i = 0; i < 4; i++) {
                machine.store(BASE + i * PAGE, i);
            }
            moveTo(machine, BASE + 2 * PAGE, 2, THERE + 2 * PAGE);
            moveTo(machine, BASE, 2, THERE);
            assertEquals("16777216-16777220rw", machine.layout());
            // And back, where the old addresses are free.
            moveTo(machine, THERE, 4, BASE);
            assertEquals("0-4rw", machine.layout());
            for (int i = 0; i < 4; i++) {
                assertEquals(i, machine.load(BASE + i * PAGE));
            }
        }
    }

    @Test
    void shouldRefuseWhatLinuxRefuses() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            final MmStruct mm = machine.mm;
            final int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE + 1, PAGE, PAGE, 0, 0));
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE, PAGE, 0, 0, 0));
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE, PAGE, PAGE, 4, 0));
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE, PAGE, PAGE, MREMAP_FIXED, THERE));
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE, 2 * PAGE, 2 * PAGE, fixed, BASE + PAGE));
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE, PAGE, PAGE, fixed, THERE + 1));
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE, PAGE, PAGE, fixed, 1L << 47));
            assertEquals(-Errno.EINVAL, mm.mremap(machine.task, BASE, 0, PAGE, MREMAP_MAYMOVE, 0));
            assertEquals(-Errno.EFAULT, mm.mremap(machine.task, THERE, PAGE, 2 * PAGE, 0, 0));
            assertEquals(-Errno.EFAULT, mm.mremap(machine.task, BASE, 5 * PAGE, 6 * PAGE, 0, 0));
            assertEquals(0, mm.changeVmFlags(machine.task, BASE, 4 * PAGE, VmFlags.VM_DONTEXPAND, 0));
            assertEquals(-Errno.EFAULT, mm.mremap(machine.task, BASE, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE, 0));
            assertNotEquals(0, machine.vma(BASE).flags() & VmFlags.VM_DONTEXPAND);
        }
    }

    @Test
    void shouldMoveBackWhatItHadMovedWithoutMemoryForTables() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().tablePages(6), 4)) {
            machine.map(BASE + HUGE - PAGE, 2, RW);
            machine.store(BASE + HUGE - PAGE, 1);
            machine.store(BASE + HUGE, 2);
            // One table is left; the move needs one for each of two ranges of 1 GiB.
            assertEquals(-Errno.ENOMEM, moveTo(machine, BASE + HUGE - PAGE, 2, BASE + (1L << 30) - PAGE));
            assertEquals(1, machine.load(BASE + HUGE - PAGE));
            assertEquals(2, machine.load(BASE + HUGE));
        }
    }
}
