package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_INSTRUCTION;
import static org.gup.flags.VmFault.FAULT_FLAG_REMOTE;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_SIGSEGV;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.gup.pgtable.Pte.ACCESSED;
import static org.gup.pgtable.Pte.DIRTY;
import static org.gup.pgtable.Pte.NX;
import static org.gup.pgtable.Pte.PRESENT;
import static org.gup.pgtable.Pte.PROTNONE;
import static org.gup.pgtable.Pte.SPECIAL;
import static org.gup.pgtable.Pte.USER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.flags.VmFlags;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.Pte;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows of the table of faults for base pages of anonymous memory. */
class AnonFaultTest {
    private static final long READABLE = PRESENT | USER | ACCESSED | NX;

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldMapTheZeroPageOnARead(final int levels) {
        try (MmMachine machine = MmMachine.of(levels)) {
            machine.map(BASE, 4, RW);
            assertEquals(0, machine.fault(BASE + PAGE + 123, 0));
            assertEquals(READABLE | SPECIAL, Pte.bits(machine.pte(BASE + PAGE)));
            assertEquals(machine.memory.zeroPfn(), machine.pfn(BASE + PAGE));
            assertEquals(1, machine.refcount(machine.memory.zeroPfn()), "mapping it takes no reference");
            assertEquals(0, machine.pte(BASE));
            assertEquals(1, machine.count(Counter.PGFAULT));
            assertEquals(levels, machine.memory.tables().allocated());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldMapAFreshPageOnAWrite(final int levels) {
        try (MmMachine machine = MmMachine.of(levels)) {
            machine.map(BASE, 4, RW);
            assertEquals(0, machine.fault(BASE + PAGE, FAULT_FLAG_WRITE));
            assertEquals(READABLE | Pte.RW | DIRTY, Pte.bits(machine.pte(BASE + PAGE)));
            final long pfn = machine.pfn(BASE + PAGE);
            assertEquals(2, machine.refcount(pfn), "one for the mapping, one for the pagevec");
            assertEquals(1, machine.mapcount(pfn));
            machine.memory.lruvec().drainAll(machine.task);
            assertEquals(1, machine.refcount(pfn));
            final int flags = PageDescriptor.PG_ANON
                    | PageDescriptor.PG_SWAPBACKED
                    | PageDescriptor.PG_UPTODATE
                    | PageDescriptor.PG_LRU
                    | PageDescriptor.PG_ACTIVE;
            assertEquals(flags, machine.flags(pfn));
            final long cold = machine.memory.memMap().cold(pfn);
            assertEquals(machine.vma(BASE).anonVma(), PageDescriptor.coldLong(cold, PageDescriptor.MAPPING_OFFSET));
            assertEquals((BASE + PAGE) >>> 12, PageDescriptor.coldLong(cold, PageDescriptor.INDEX_OFFSET));
            assertEquals(0, machine.load(BASE + PAGE));
        }
    }

    @Test
    void shouldGiveAFreshPageForTheZeroPage() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            assertEquals(0, machine.fault(BASE, 0));
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertNotEquals(machine.memory.zeroPfn(), machine.pfn(BASE));
            assertEquals(READABLE | Pte.RW | DIRTY, Pte.bits(machine.pte(BASE)));
            assertEquals(0, machine.fault(BASE, FAULT_FLAG_WRITE), "nothing left to do");
            assertEquals(2, machine.refcount(machine.pfn(BASE)));
        }
    }

    @ParameterizedTest(name = "prot {0}")
    @CsvSource({
        "1, 0x8000000000000025", // r: present, user, accessed, NX
        "2, 0x8000000000000025", // w: readable all the same, and not writable before a write fault
        "3, 0x8000000000000025",
        "4, 0x25", // x: readable too
        "5, 0x25",
        "7, 0x25",
        "0, 0x120", // none: PROTNONE, accessed
    })
    void shouldProtectEntriesAsX86Does(final int prot, final String bits) {
        try (MmMachine machine = MmMachine.small()) {
            machine.mm.setPku(false);
            machine.map(BASE, 1, prot);
            assertEquals(0, machine.fault(BASE, 0));
            assertEquals(Long.parseUnsignedLong(bits.substring(2), 16) | SPECIAL, Pte.bits(machine.pte(BASE)));
            assertEquals(machine.memory.zeroPfn(), machine.pfn(BASE));
        }
    }

    @Test
    void shouldTakeWritePermissionWithMprotectAndGiveItBackInPlace() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 2, RW);
            machine.store(BASE, 42);
            final long pfn = machine.pfn(BASE);
            machine.protect(BASE, 2, PROT_READ);
            assertEquals(READABLE | DIRTY, Pte.bits(machine.pte(BASE)));
            assertThrows(SegmentationFault.class, () -> machine.store(BASE, 1));
            machine.protect(BASE, 2, RW);
            assertEquals(READABLE | DIRTY, Pte.bits(machine.pte(BASE)), "a private entry gets it back by a fault only");
            machine.get(pfn);
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(pfn, machine.pfn(BASE), "in 5.2 other references do not make it copy");
            assertEquals(READABLE | Pte.RW | DIRTY, Pte.bits(machine.pte(BASE)));
            assertEquals(42, machine.load(BASE));
            machine.put(pfn);
        }
    }

    @Test
    void shouldInvertTheFrameUnderProtNone() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.store(BASE, 42);
            final long pfn = machine.pfn(BASE);
            machine.protect(BASE, 1, PROT_NONE);
            assertEquals(PROTNONE | ACCESSED | DIRTY, Pte.bits(machine.pte(BASE)));
            assertEquals(~pfn & Pte.MAX_PFN, (machine.pte(BASE) & Pte.PFN_MASK) >>> 12);
            assertEquals(pfn, machine.pfn(BASE));
            assertThrows(SegmentationFault.class, () -> machine.load(BASE));
            machine.protect(BASE, 1, PROT_READ);
            assertEquals(42, machine.load(BASE));
            assertEquals(1, machine.mapcount(pfn));
        }
    }

    /** FOLL_FORCE on a mapping without VM_WRITE: first a page that is clean and read-only, then a dirty one. */
    @Test
    void shouldLeaveAForcedWriteReadOnly() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 2, PROT_READ);
            assertEquals(0, machine.fault(BASE, FAULT_FLAG_WRITE));
            final long pfn = machine.pfn(BASE);
            assertEquals(READABLE, Pte.bits(machine.pte(BASE)));
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(READABLE | DIRTY, Pte.bits(machine.pte(BASE)));
            assertEquals(pfn, machine.pfn(BASE));
            // From the zero page it is one step.
            assertEquals(0, machine.fault(BASE + PAGE, 0));
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE + PAGE, FAULT_FLAG_WRITE));
            assertEquals(READABLE | DIRTY, Pte.bits(machine.pte(BASE + PAGE)));
        }
    }

    @Test
    void shouldPutProtectionKeysIntoEntriesAndHeedThem() {
        try (MmMachine machine = MmMachine.small()) {
            final Task task = machine.task;
            machine.map(BASE, 2, RW);
            machine.store(BASE, 42);
            assertEquals(0, machine.mm.pkeyMprotect(task, BASE, 2 * PAGE, RW, 5));
            assertEquals(5, Pte.pkey(machine.pte(BASE)));
            assertEquals(5, VmFlags.pkey(machine.vma(BASE).flags()));
            assertEquals(0, machine.mm.mprotect(task, BASE, PAGE, PROT_READ));
            assertEquals(5, Pte.pkey(machine.pte(BASE)), "mprotect keeps the key");
            machine.protect(BASE, 1, RW);

            task.setPkru(1 << (2 * 5 + 1));
            assertEquals(42, machine.load(BASE));
            assertThrows(SegmentationFault.class, () -> machine.store(BASE, 1));
            assertEquals(VM_FAULT_SIGSEGV, machine.fault(BASE + PAGE, FAULT_FLAG_WRITE));
            assertEquals(0, machine.fault(BASE + PAGE, 0));
            task.setPkru(1 << (2 * 5));
            assertThrows(SegmentationFault.class, () -> machine.load(BASE));
            assertEquals(VM_FAULT_SIGSEGV, machine.fault(BASE, 0));
            assertEquals(0, machine.fault(BASE, FAULT_FLAG_REMOTE), "another address space's keys do not apply");
            assertEquals(0, machine.fault(BASE, FAULT_FLAG_INSTRUCTION));
            task.setPkru(Task.PKRU_ALLOW_ALL);
            assertEquals(0, machine.mm.pkeyMprotect(task, BASE, PAGE, RW, 0));
            assertEquals(0, Pte.pkey(machine.pte(BASE)));
        }
    }

    @Test
    void shouldRestoreAnEntryThatANumaHintTookAway() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.store(BASE, 42);
            final long pte = machine.pte(BASE);
            final long hint = (Pte.bits(pte) & ~(PRESENT | USER | NX)) | PROTNONE;
            machine.plant(BASE, 1, Pte.withBits(pte, hint));
            assertTrue(Pte.isProtnone(machine.pte(BASE)));
            assertEquals(42, machine.load(BASE));
            assertEquals(pte, machine.pte(BASE), "writable as it was");
        }
    }

    @Test
    void shouldAnswerSwapFormatEntriesWithAnError() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 3, RW);
            machine.fault(BASE + 2 * PAGE, 0);
            machine.plant(BASE, 1, machine.mm.walkRoot().layout().hwpoisonEntry(7));
            machine.plant(BASE + PAGE, 1, Pte.swapEntry(3, 77));
            assertEquals(VM_FAULT_HWPOISON, machine.fault(BASE, 0));
            assertEquals(VM_FAULT_SIGBUS, machine.fault(BASE + PAGE, 0));
            final SegmentationFault fault = assertThrows(SegmentationFault.class, () -> machine.load(BASE + PAGE));
            assertEquals(BASE + PAGE, fault.address());
            assertEquals(VM_FAULT_SIGBUS, fault.vmFault());
        }
    }

    @Test
    void shouldAnswerOomWithoutMemoryAndRecover() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().normalPages(1024), 4)) {
            machine.map(BASE, 4, RW);
            machine.fault(BASE, 0);
            final List<Long> taken = machine.takeAllMemory();
            assertEquals(VM_FAULT_OOM, machine.fault(BASE, FAULT_FLAG_WRITE), "instead of the zero page");
            assertEquals(VM_FAULT_OOM, machine.fault(BASE + PAGE, FAULT_FLAG_WRITE));
            assertEquals(
                    VM_FAULT_OOM,
                    assertThrows(SegmentationFault.class, () -> machine.store(BASE, 1))
                            .vmFault());
            assertEquals(0, machine.fault(BASE + 2 * PAGE, 0), "the zero page costs nothing");
            taken.forEach(machine::put);
            machine.store(BASE, 1);
        }
    }

    @Test
    void shouldAnswerOomWithoutTablesAndRecover() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().tablePages(6), 4)) {
            machine.map(BASE, 1, RW);
            machine.map(BASE + (1L << 40), 1, RW);
            assertEquals(0, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(VM_FAULT_OOM, machine.fault(BASE + (1L << 40), FAULT_FLAG_WRITE));
            machine.unmap(BASE, 1);
            assertEquals(0, machine.fault(BASE + (1L << 40), FAULT_FLAG_WRITE));
        }
    }

    @Test
    void shouldHandFaultsOfAMappingWithOperationsOver() {
        try (MmMachine machine = MmMachine.small()) {
            final long flags = VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE;
            final int[] calls = new int[1];
            final VmOperations ops = (task, mm, vma, address, faultFlags) -> {
                calls[0]++;
                if ((faultFlags & FAULT_FLAG_ALLOW_RETRY) != 0) {
                    mm.mmapReadUnlock(task);
                    return VM_FAULT_RETRY;
                }
                return mm.anonymousFault(task, vma, address, faultFlags);
            };
            machine.mm.mapImported(machine.task, BASE, BASE + 2 * PAGE, flags, ops);
            machine.store(BASE, 42);
            assertEquals(42, machine.load(BASE));
            assertEquals(2, calls[0], "one that was retried, one that was served");
            assertEquals(0, machine.fault(BASE + PAGE, 0));
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE + PAGE, FAULT_FLAG_WRITE));
            assertEquals(3, calls[0], "a write to what is there is not theirs");
        }
    }

    @Test
    void shouldRefuseWhatTheMappingDoesNotPermit() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mm.setPku(false);
            machine.map(BASE, 1, PROT_NONE);
            machine.map(BASE + PAGE, 1, PROT_READ);
            machine.map(BASE + 2 * PAGE, 1, PROT_WRITE);
            machine.map(BASE + 3 * PAGE, 1, PROT_EXEC);
            assertThrows(SegmentationFault.class, () -> machine.load(BASE));
            assertThrows(SegmentationFault.class, () -> machine.store(BASE, 1));
            assertEquals(0, machine.load(BASE + PAGE));
            assertThrows(SegmentationFault.class, () -> machine.store(BASE + PAGE, 1));
            machine.store(BASE + 2 * PAGE, 1);
            assertEquals(1, machine.load(BASE + 2 * PAGE), "hardware has no write-only pages");
            assertEquals(0, machine.load(BASE + 3 * PAGE), "nor any that can only be executed");
            assertThrows(SegmentationFault.class, () -> machine.load(BASE + 4 * PAGE));
            assertThrows(SegmentationFault.class, () -> machine.load(-8));
            assertThrows(IllegalArgumentException.class, () -> machine.load(BASE + 1));
        }
    }

    @Test
    void shouldDropPagesWithDontneed() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.store(BASE, 1);
            machine.store(BASE + PAGE, 2);
            final long pfn = machine.pfn(BASE);
            machine.get(pfn);
            assertEquals(0, machine.mm.madvise(machine.task, BASE, PAGE, Mman.MADV_DONTNEED));
            assertEquals(0, machine.pte(BASE));
            assertEquals(0, machine.load(BASE));
            assertEquals(2, machine.load(BASE + PAGE));
            machine.memory.lruvec().drainAll(machine.task);
            assertEquals(1, machine.refcount(pfn), "the pinned page lives on");
            assertEquals(0, machine.mapcount(pfn));
            machine.put(pfn);
        }
    }
}
