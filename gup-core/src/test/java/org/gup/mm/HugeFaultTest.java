package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.pgtable.Pte.ACCESSED;
import static org.gup.pgtable.Pte.DIRTY;
import static org.gup.pgtable.Pte.NX;
import static org.gup.pgtable.Pte.PRESENT;
import static org.gup.pgtable.Pte.PROTNONE;
import static org.gup.pgtable.Pte.PSE;
import static org.gup.pgtable.Pte.SPECIAL;
import static org.gup.pgtable.Pte.USER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.Pte;
import org.gup.stat.Counter;
import org.gup.tlb.TlbSync;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transparent huge pages: faults, references, splits. */
class HugeFaultTest {
    private static final long READABLE = PRESENT | USER | ACCESSED | NX | PSE;

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldMapAHugePageOnAWrite(final int levels) {
        try (MmMachine machine = MmMachine.of(levels)) {
            machine.mapHuge(BASE, 1024, RW);
            final int tables = machine.memory.tables().allocated();
            machine.store(BASE + HUGE + 5 * PAGE, 42);
            assertFalse(machine.isHuge(BASE));
            assertEquals(READABLE | Pte.RW | DIRTY, Pte.bits(machine.pmd(BASE + HUGE)));
            final long head = machine.pfn(BASE + HUGE);
            assertEquals(0, head & 511);
            assertEquals(1, machine.refcount(head), "one for the PMD; a compound page does not stay on a pagevec");
            assertEquals(1, machine.compoundMapcount(head));
            assertEquals(0, machine.mapcount(head));
            assertTrue((machine.flags(head) & PageDescriptor.PG_HEAD) != 0);
            assertTrue((machine.flags(head) & PageDescriptor.PG_ANON) != 0);
            assertEquals(
                    tables + levels - 2 + 1,
                    machine.memory.tables().allocated(),
                    "tables down to the PMD, and one deposited");
            assertEquals(1, machine.count(Counter.THP_FAULT_ALLOC));
            assertEquals(42, machine.load(BASE + HUGE + 5 * PAGE));
            assertEquals(0, machine.load(BASE + HUGE + 6 * PAGE));
            assertEquals(1, machine.count(Counter.PGFAULT));
        }
    }

    @Test
    void shouldMapTheHugeZeroPageOnAReadAndReplaceItOnAWrite() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 1024, RW);
            assertEquals(0, machine.load(BASE + PAGE));
            assertEquals(0, machine.load(BASE + HUGE));
            final long zero = machine.pfn(BASE);
            assertEquals(zero, machine.pfn(BASE + HUGE));
            assertEquals(READABLE, Pte.bits(machine.pmd(BASE)), "read-only, and not special in 5.2");
            assertEquals(1, machine.refcount(zero), "mapping it takes no reference");
            assertEquals(2, machine.count(Counter.THP_ZERO_PAGE_FAULT));
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertNotEquals(zero, machine.pfn(BASE));
            assertEquals(READABLE | Pte.RW | DIRTY, Pte.bits(machine.pmd(BASE)));
            assertEquals(1, machine.compoundMapcount(machine.pfn(BASE)));
            assertEquals(zero, machine.pfn(BASE + HUGE));
        }
    }

    @Test
    void shouldSplitTheHugeZeroPageWhenThereIsNoHugePageForAWrite() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().normalPages(2048), 4)) {
            machine.mapHuge(BASE, 512, RW);
            assertEquals(0, machine.load(BASE));
            final List<Long> taken = machine.takeAllMemory();
            // Every second page comes back: memory enough, but nothing in one piece.
            for (int i = 0; i < taken.size(); i += 2) {
                machine.put(taken.get(i));
            }
            machine.store(BASE + 3 * PAGE, 42);
            assertFalse(machine.isHuge(BASE));
            assertEquals(42, machine.load(BASE + 3 * PAGE));
            assertEquals(machine.memory.zeroPfn(), machine.pfn(BASE + 4 * PAGE));
            assertTrue(Pte.isSpecial(machine.pte(BASE + 4 * PAGE)));
            assertEquals(1, machine.count(Counter.THP_SPLIT_PMD));
            assertEquals(1, machine.count(Counter.THP_FAULT_FALLBACK));
            for (int i = 1; i < taken.size(); i += 2) {
                machine.put(taken.get(i));
            }
        }
    }

    @Test
    void shouldFallBackToBasePages() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().normalPages(2048), 4)) {
            // Not aligned: no whole 2 MiB inside.
            machine.mapHuge(BASE + PAGE, 1022, RW);
            machine.store(BASE + PAGE, 1);
            assertFalse(machine.isHuge(BASE));
            assertEquals(0, machine.count(Counter.THP_FAULT_FALLBACK), "that does not count as failure");
            // Not asked for.
            machine.map(BASE + 4 * HUGE, 512, RW);
            machine.store(BASE + 4 * HUGE, 1);
            assertFalse(machine.isHuge(BASE + 4 * HUGE));
            // No memory in one piece.
            final List<Long> taken = machine.takeAllMemory();
            for (int i = 0; i < taken.size(); i += 2) {
                machine.put(taken.get(i));
            }
            machine.mapHuge(BASE + 8 * HUGE, 512, RW);
            machine.store(BASE + 8 * HUGE, 1);
            assertFalse(machine.isHuge(BASE + 8 * HUGE));
            assertEquals(1, machine.count(Counter.THP_FAULT_FALLBACK));
            for (int i = 1; i < taken.size(); i += 2) {
                machine.put(taken.get(i));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(TlbSync.class)
    void shouldSplitAHugePmdInPlace(final TlbSync sync) {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().tlbSync(sync), 4)) {
            machine.mapHuge(BASE, 512, RW);
            for (int i = 0; i < 512; i++) {
                machine.store(BASE + i * PAGE, i);
            }
            final long head = machine.pfn(BASE);
            machine.get(head + 7);
            assertEquals(2, machine.refcount(head));
            final int tables = machine.memory.tables().allocated();
            machine.mm.mmapReadLock(machine.task);
            assertTrue(machine.mm.splitHugePmd(machine.task, machine.vma(BASE), BASE + 9 * PAGE));
            assertTrue(machine.mm.splitHugePmd(machine.task, machine.vma(BASE), BASE), "again: nothing to do");
            machine.mm.mmapReadUnlock(machine.task);
            assertEquals(tables, machine.memory.tables().allocated(), "the deposited table is used");
            assertEquals(512 + 1, machine.refcount(head));
            assertEquals(0, machine.compoundMapcount(head));
            for (int i = 0; i < 512; i++) {
                assertEquals(head + i, machine.pfn(BASE + i * PAGE));
                assertEquals(1, machine.mapcount(head + i));
                assertEquals(
                        PRESENT | USER | ACCESSED | NX | Pte.RW,
                        Pte.bits(machine.pte(BASE + i * PAGE)),
                        "writable; dirty is the page's");
                assertEquals(i, machine.load(BASE + i * PAGE));
            }
            assertTrue((machine.flags(head) & PageDescriptor.PG_DIRTY) != 0);
            assertEquals(1, machine.count(Counter.THP_SPLIT_PMD));
            // One page after the other goes; the last reference takes the whole.
            machine.unmap(BASE, 511);
            assertEquals(2, machine.refcount(head));
            assertEquals(511, machine.load(BASE + 511 * PAGE));
            machine.unmap(BASE + 511 * PAGE, 1);
            assertEquals(1, machine.refcount(head));
            machine.put(head);
        }
    }

    @Test
    void shouldUnmapAWholeHugePageAtOnceAndItsPartByASplit() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 1536, RW);
            machine.store(BASE, 1);
            machine.store(BASE + HUGE, 2);
            machine.store(BASE + 2 * HUGE, 3);
            final long first = machine.pfn(BASE);
            machine.get(first);
            machine.unmap(BASE + HUGE + PAGE, 511 + 512);
            assertEquals(1, machine.count(Counter.THP_SPLIT_PMD), "only the one in the border");
            assertTrue(machine.isHuge(BASE));
            assertEquals(2, machine.load(BASE + HUGE));
            assertEquals(1, machine.refcount(machine.pfn(BASE + HUGE)));
            machine.unmap(BASE, 512);
            assertEquals(1, machine.refcount(first));
            assertEquals(0, machine.compoundMapcount(first));
            machine.put(first);
        }
    }

    @Test
    void shouldProtectAWholeHugePageInPlaceAndReuseIt() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE, 42);
            final long head = machine.pfn(BASE);
            machine.protect(BASE, 512, PROT_NONE);
            assertEquals(PROTNONE | ACCESSED | DIRTY | PSE, Pte.bits(machine.pmd(BASE)));
            assertEquals(head, machine.pfn(BASE));
            machine.protect(BASE, 512, RW);
            assertEquals(READABLE | DIRTY, Pte.bits(machine.pmd(BASE)));
            machine.get(head);
            machine.store(BASE, 43);
            assertEquals(READABLE | DIRTY | Pte.RW, Pte.bits(machine.pmd(BASE)));
            assertEquals(head, machine.pfn(BASE));
            assertEquals(0, machine.count(Counter.THP_SPLIT_PMD));
            machine.put(head);
        }
    }

    @Test
    void shouldSplitAHugePageThatIsProtectedInPart() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE, 42);
            machine.store(BASE + 300 * PAGE, 43);
            final long head = machine.pfn(BASE);
            machine.protect(BASE + 100 * PAGE, 100, PROT_READ);
            assertEquals(1, machine.count(Counter.THP_SPLIT_PMD));
            assertEquals(512, machine.refcount(head));
            assertTrue(Pte.isWritable(machine.pte(BASE + 99 * PAGE)));
            assertFalse(Pte.isWritable(machine.pte(BASE + 100 * PAGE)));
            assertFalse(Pte.isWritable(machine.pte(BASE + 199 * PAGE)));
            assertTrue(Pte.isWritable(machine.pte(BASE + 200 * PAGE)));
            machine.protect(BASE + 100 * PAGE, 100, RW);
            machine.store(BASE + 150 * PAGE, 44);
            assertEquals(head + 150, machine.pfn(BASE + 150 * PAGE), "its one mapping: reused in place");
            assertEquals(42, machine.load(BASE));
            assertEquals(43, machine.load(BASE + 300 * PAGE));
        }
    }

    @Test
    void shouldSplitTheHugeZeroPageIntoZeroPages() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.load(BASE);
            machine.unmap(BASE, 1);
            assertFalse(machine.isHuge(BASE));
            assertEquals(machine.memory.zeroPfn(), machine.pfn(BASE + PAGE));
            assertEquals(PRESENT | USER | ACCESSED | NX | SPECIAL, Pte.bits(machine.pte(BASE + PAGE)));
            assertEquals(1, machine.refcount(machine.memory.zeroPfn()));
        }
    }

    @Test
    void shouldDropPartOfAHugePageWithDontneed() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE, 42);
            machine.store(BASE + PAGE, 43);
            final long head = machine.pfn(BASE);
            assertEquals(0, machine.mm.madvise(machine.task, BASE, PAGE, Mman.MADV_DONTNEED));
            assertEquals(511, machine.refcount(head));
            assertEquals(0, machine.load(BASE));
            assertEquals(43, machine.load(BASE + PAGE));
            assertEquals("0-512rwh", machine.layout());
        }
    }

    @Test
    void shouldRestoreAHugeEntryThatANumaHintTookAway() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE, 42);
            final long pmd = machine.pmd(BASE);
            machine.plant(BASE, 2, Pte.of(machine.pfn(BASE), (Pte.bits(pmd) & ~(PRESENT | USER | NX)) | PROTNONE));
            assertEquals(42, machine.load(BASE));
            assertEquals(pmd, machine.pmd(BASE));
        }
    }

    @Test
    void shouldStopMakingHugePagesWhenToldTo() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 1024, RW);
            machine.store(BASE, 1);
            assertEquals(0, machine.mm.madvise(machine.task, BASE, 1024 * PAGE, Mman.MADV_NOHUGEPAGE));
            machine.store(BASE + HUGE, 1);
            assertTrue(machine.isHuge(BASE));
            assertFalse(machine.isHuge(BASE + HUGE));
        }
    }

    @Test
    void shouldGiveForcedWritesADirtyReadOnlyHugePage() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, PROT_READ);
            assertEquals(0, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(READABLE | DIRTY, Pte.bits(machine.pmd(BASE)));
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(READABLE | DIRTY, Pte.bits(machine.pmd(BASE)));
        }
    }

    @Test
    void shouldAnswerOomWhenThereIsNoTableToDeposit() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().tablePages(4), 4)) {
            machine.mapHuge(BASE, 1024, RW);
            machine.store(BASE, 1);
            assertEquals(4, machine.memory.tables().allocated());
            final long free = machine.memory.freePages();
            assertEquals(VM_FAULT_OOM, machine.fault(BASE + HUGE, FAULT_FLAG_WRITE));
            assertEquals(VM_FAULT_OOM, machine.fault(BASE + HUGE, 0));
            assertEquals(free, machine.memory.freePages());
            machine.unmap(BASE, 512);
            assertEquals(0, machine.fault(BASE + HUGE, FAULT_FLAG_WRITE));
        }
    }
}
