package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.MmMachine.bits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.flags.VmFlags;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.Pte;
import org.gup.stat.Counter;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** Swapping out and in; entries and counts as in setups anon_swapped and thp_swapped of the oracle. */
class SwapTest {
    private static final long NX = Pte.NX;

    private static MmMachine machine(final long slots) {
        return new MmMachine(PhysicalMemory.builder().swapPages(slots), 4);
    }

    private static void write(final MmMachine machine, final int pages) {
        machine.map(BASE, pages, RW);
        for (int i = 0; i < pages; i++) {
            machine.store(BASE + i * PAGE, 100 + i);
        }
    }

    @Test
    void shouldLeaveSwapEntriesAndFreeThePages() {
        try (MmMachine machine = machine(100)) {
            write(machine, 4);
            machine.drain();
            final long free = machine.memory.freePages();
            assertEquals(4, machine.mm.swapOut(machine.task, BASE, 4));
            assertEquals(4, machine.memory.freePages() - free);
            assertEquals(4, machine.memory.swap().inUse());
            for (int i = 0; i < 4; i++) {
                assertEquals(0x7fffffffffffc00L - 0x200L * i, machine.pte(BASE + i * PAGE), "slot " + (i + 1));
            }
            for (int i = 0; i < 4; i++) {
                assertEquals(100 + i, machine.load(BASE + i * PAGE));
            }
            assertEquals(4, machine.count(Counter.PSWPIN));
            assertEquals(4, machine.count(Counter.PSWPOUT));
        }
    }

    @Test
    void shouldReadInReadOnlyAndStayInTheCache() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            machine.mm.swapOut(machine.task, BASE, 1);
            assertEquals(VM_FAULT_MAJOR, machine.fault(BASE, 0));
            final long pfn = machine.pfn(BASE);
            assertEquals(NX | 0x25, bits(machine.pte(BASE)));
            assertTrue((machine.flags(pfn) & PageDescriptor.PG_SWAPCACHE) != 0);
            machine.drain();
            assertEquals(2, machine.refcount(pfn), "mapping and swap cache");
            assertEquals(0, machine.memory.swap().count(1));

            assertEquals(VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(pfn, machine.pfn(BASE), "the only user keeps it");
            assertEquals(NX | 0x67, bits(machine.pte(BASE)));
            assertEquals(1, machine.refcount(pfn));
            assertEquals(0, machine.memory.swap().inUse());
            assertTrue((machine.flags(pfn) & PageDescriptor.PG_DIRTY) != 0);
        }
    }

    @Test
    void shouldBeWritableAtOnceForTheOnlyUser() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            machine.mm.swapOut(machine.task, BASE, 1);
            assertEquals(VM_FAULT_MAJOR | VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(NX | 0x67, bits(machine.pte(BASE)));
            assertEquals(0, machine.memory.swap().inUse());
            assertEquals(100, machine.load(BASE));
        }
    }

    @Test
    void shouldQueueTheActivationOfAPageThatWasReadIn() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            machine.mm.swapOut(machine.task, BASE, 1);
            machine.fault(BASE, FAULT_FLAG_WRITE);
            final long pfn = machine.pfn(BASE);
            assertEquals(
                    PageDescriptor.PG_LRU, machine.flags(pfn) & (PageDescriptor.PG_LRU | PageDescriptor.PG_ACTIVE));
            assertEquals(2, machine.refcount(pfn), "mapping, and the pagevec of activations");
            machine.drain();
            assertEquals(1, machine.refcount(pfn));
            assertTrue((machine.flags(pfn) & PageDescriptor.PG_ACTIVE) != 0);
        }
    }

    @Test
    void shouldAskForARetryWhileItReads() {
        try (MmMachine machine = machine(100)) {
            write(machine, 2);
            machine.mm.swapOut(machine.task, BASE, 2);
            assertEquals(VM_FAULT_MAJOR | VM_FAULT_RETRY, machine.fault(BASE, FAULT_FLAG_ALLOW_RETRY));
            assertFalse(machine.mm.isMmapLocked());
            assertEquals(-1, machine.pfn(BASE));
            assertEquals(0, machine.fault(BASE, FAULT_FLAG_ALLOW_RETRY), "in the cache: no retry, not major");
            assertEquals(100, machine.load(BASE));
            final int nowait = FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT;
            assertEquals(VM_FAULT_MAJOR | VM_FAULT_RETRY, machine.fault(BASE + PAGE, nowait));
            assertEquals(0, machine.fault(BASE + PAGE, nowait));
            assertEquals(101, machine.load(BASE + PAGE));
        }
    }

    @Test
    void shouldNotFreeAPageThatSomebodyHolds() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            final long pfn = machine.pfn(BASE);
            machine.get(pfn);
            assertEquals(0, machine.mm.swapOut(machine.task, BASE, 1));
            assertFalse(Pte.isPresent(machine.pte(BASE)), "unmapped all the same");
            // Who holds it writes through its reference; the fault finds that page.
            machine.memory.frames().putLong(pfn, 0, 7);
            assertEquals(7, machine.load(BASE));
            assertEquals(pfn, machine.pfn(BASE));
            assertEquals(0, machine.count(Counter.PSWPIN));
            machine.put(pfn);
        }
    }

    @Test
    void shouldSpareLockedPages() {
        try (MmMachine machine = machine(100)) {
            machine.map(BASE, 1, RW);
            machine.mm.setLocked(machine.task, BASE, PAGE, VmFlags.VM_LOCKED);
            machine.store(BASE, 1);
            machine.drain();
            assertEquals(0, machine.mm.swapOut(machine.task, BASE, 1));
            assertTrue(Pte.isPresent(machine.pte(BASE)));
            assertEquals(0, machine.memory.swap().inUse());
        }
    }

    @Test
    void shouldStopWhenTheAreaIsFull() {
        try (MmMachine machine = machine(2)) {
            write(machine, 4);
            assertEquals(2, machine.mm.swapOut(machine.task, BASE, 4));
            for (int i = 0; i < 4; i++) {
                assertEquals(100 + i, machine.load(BASE + i * PAGE));
            }
        }
    }

    @Test
    void shouldShareASlotAfterFork() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            machine.mm.swapOut(machine.task, BASE, 1);
            final MmStruct child = machine.fork();
            assertEquals(machine.pte(BASE), machine.pte(child, BASE));
            assertEquals(2, machine.memory.swap().count(1));
            machine.store(child, BASE, 5);
            assertEquals(1, machine.count(Counter.COW_COPIES), "the other still has it in swap");
            assertEquals(100, machine.load(BASE));
            assertEquals(5, machine.load(child, BASE));
            child.close(machine.task);
            machine.store(BASE, 6);
            assertEquals(0, machine.memory.swap().inUse());
        }
    }

    @Test
    void shouldSwapOutASharedPageFromEverybody() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            final MmStruct child = machine.fork();
            assertEquals(1, machine.mm.swapOut(machine.task, BASE, 1));
            assertEquals(machine.pte(BASE), machine.pte(child, BASE));
            assertEquals(2, machine.memory.swap().count(1));
            assertEquals(100, machine.load(child, BASE));
            assertEquals(100, machine.load(BASE));
            assertEquals(machine.pfn(BASE), machine.pfn(child, BASE), "the same page for both");
            child.close(machine.task);
        }
    }

    @Test
    void shouldGiveSlotsBackWhenUnmapped() {
        try (MmMachine machine = machine(100)) {
            write(machine, 4);
            machine.mm.swapOut(machine.task, BASE, 4);
            machine.load(BASE);
            machine.unmap(BASE + PAGE, 1);
            assertEquals(0, machine.mm.madvise(machine.task, BASE + 2 * PAGE, PAGE, Mman.MADV_DONTNEED));
            assertEquals(0, machine.load(BASE + 2 * PAGE));
            assertEquals(2, machine.memory.swap().inUse(), "the cached page and page 3");
            machine.unmap(BASE, 4);
            assertEquals(0, machine.memory.swap().inUse());
        }
    }

    @Test
    void shouldSplitAHugePageAndSwapItsParts() {
        try (MmMachine machine = machine(1000)) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE, 1);
            machine.store(BASE + 511 * PAGE, 2);
            assertEquals(512, machine.mm.swapOut(machine.task, BASE, 512));
            assertEquals(512, machine.memory.swap().inUse());
            assertEquals(1, machine.load(BASE));
            assertEquals(0, machine.load(BASE + 17 * PAGE));
            assertEquals(2, machine.load(BASE + 511 * PAGE));
            assertEquals(1, machine.count(Counter.THP_SPLIT_PAGE));
        }
    }

    @Test
    void shouldSayWhenThereIsNoMemoryToReadInto() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            machine.mm.swapOut(machine.task, BASE, 1);
            final List<Long> taken = machine.takeAllMemory();
            assertEquals(VM_FAULT_OOM, machine.fault(BASE, 0));
            taken.forEach(machine::put);
            assertEquals(1, machine.memory.swap().count(1));
            assertEquals(100, machine.load(BASE));
        }
    }

    @Test
    void shouldProtectWhatIsReadInAsTheMappingIsThen() {
        try (MmMachine machine = machine(100)) {
            write(machine, 1);
            machine.mm.swapOut(machine.task, BASE, 1);
            machine.protect(BASE, 1, Mman.PROT_READ);
            assertEquals(100, machine.load(BASE));
            assertEquals(NX | 0x25, bits(machine.pte(BASE)));
            machine.protect(BASE, 1, RW);
            final long pfn = machine.pfn(BASE);
            machine.store(BASE, 101);
            assertEquals(pfn, machine.pfn(BASE));
            assertNotEquals(0, bits(machine.pte(BASE)) & Pte.RW);
        }
    }
}
