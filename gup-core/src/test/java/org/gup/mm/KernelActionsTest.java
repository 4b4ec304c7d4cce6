package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_SIGSEGV;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.MmMachine.bits;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.junit.jupiter.api.Test;

/**
 * What the kernel does to pages besides the calls that change mappings; entries as in setups ksm, numa_protnone_last,
 * thp_numa_protnone, hwpoison, mlocked, uffd_missing and anon_xonly_pop of the oracle.
 */
class KernelActionsTest {
    private static final long NX = Pte.NX;

    @Test
    void shouldMergePagesWithTheSameContents() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 5, RW);
            for (int i = 0; i < 4; i++) {
                machine.store(BASE + i * PAGE + 8, 42);
            }
            machine.store(BASE + 4 * PAGE, 43);
            assertEquals(3, machine.mm.mergeIdentical(machine.task, BASE, 5));
            machine.drain();
            final long pfn = machine.pfn(BASE);
            for (int i = 0; i < 4; i++) {
                assertEquals(pfn, machine.pfn(BASE + i * PAGE));
                assertEquals(NX | 0x25, bits(machine.pte(BASE + i * PAGE)));
            }
            assertEquals(4, machine.refcount(pfn));
            assertEquals(4, machine.mapcount(pfn));
            final int flags = PageDescriptor.PG_KSM | PageDescriptor.PG_ANON | PageDescriptor.PG_DIRTY;
            assertEquals(flags, machine.flags(pfn) & flags);
            assertNotEquals(pfn, machine.pfn(BASE + 4 * PAGE));
            assertEquals(0, machine.mm.mergeIdentical(machine.task, BASE, 5), "nothing left to do");

            // Three are copied; the last has it for itself, and it is an ordinary page again.
            for (int i = 0; i < 4; i++) {
                machine.store(BASE + i * PAGE, i);
            }
            assertEquals(pfn, machine.pfn(BASE + 3 * PAGE));
            assertEquals(0, machine.flags(pfn) & PageDescriptor.PG_KSM);
            for (int i = 0; i < 4; i++) {
                assertEquals(i, machine.load(BASE + i * PAGE));
                assertEquals(42, machine.load(BASE + i * PAGE + 8));
            }
        }
    }

    @Test
    void shouldNotReuseAMergedPageThatSomebodyHolds() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 2, RW);
            machine.store(BASE, 1);
            machine.store(BASE + PAGE, 1);
            assertEquals(1, machine.mm.mergeIdentical(machine.task, BASE, 2));
            machine.drain();
            final long pfn = machine.pfn(BASE);
            machine.unmap(BASE + PAGE, 1);
            machine.get(pfn);
            machine.store(BASE, 2);
            assertNotEquals(pfn, machine.pfn(BASE));
            assertEquals(1, machine.memory.frames().getLong(pfn, 0));
            machine.put(pfn);
        }
    }

    @Test
    void shouldNotMergeAPageThatSomebodyHolds() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 2, RW);
            machine.store(BASE, 1);
            machine.store(BASE + PAGE, 1);
            final long pfn = machine.pfn(BASE + PAGE);
            machine.get(pfn);
            assertEquals(0, machine.mm.mergeIdentical(machine.task, BASE, 2));
            assertEquals(pfn, machine.pfn(BASE + PAGE));
            machine.put(pfn);
            assertEquals(1, machine.mm.mergeIdentical(machine.task, BASE, 2));
        }
    }

    @Test
    void shouldFindAMergedPageWhereverItIsMapped() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 3, RW);
            machine.map(BASE + HUGE, 1, RW);
            for (final long address : new long[] {BASE, BASE + 2 * PAGE, BASE + HUGE}) {
                machine.store(address, 1);
            }
            assertEquals(2, machine.mm.mergeIdentical(machine.task, BASE, 513));
            machine.drain();
            final long pfn = machine.pfn(BASE);
            final MmStruct child = machine.fork();
            assertEquals(
                    BASE + 5 * HUGE,
                    machine.mm.mremap(
                            machine.task,
                            BASE + HUGE,
                            PAGE,
                            PAGE,
                            Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED,
                            BASE + 5 * HUGE));
            assertEquals(6, machine.mapcount(pfn));
            machine.get(pfn);
            machine.lockPage(pfn);
            assertTrue(machine.memory.rmap().tryToUnmapForMigration(machine.task, pfn));
            assertEquals(1, machine.refcount(pfn));
            machine.memory.rmap().removeMigrationPtes(machine.task, pfn, pfn);
            machine.unlockPage(pfn);
            machine.put(pfn);
            assertEquals(6, machine.mapcount(pfn));
            assertEquals(1, machine.load(BASE + 5 * HUGE));
            assertEquals(1, machine.load(child, BASE + HUGE));
            child.close(machine.task);
        }
    }

    @Test
    void shouldTakeAccessAwayForAHintAndGiveItBack() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 3, RW);
            machine.mapHuge(BASE + HUGE, 512, RW);
            machine.store(BASE, 1);
            machine.load(BASE + PAGE);
            machine.store(BASE + HUGE, 2);
            final long pfn = machine.pfn(BASE);
            final long head = machine.pfn(BASE + HUGE);
            assertEquals(513, machine.mm.numaHint(machine.task, BASE, 1024), "not the zero page");
            assertEquals(Pte.of(pfn, 0x162), machine.pte(BASE), "PROTNONE; writable is remembered");
            assertEquals(Pte.ofHuge(head, 0x1e2, 2), machine.pmd(BASE + HUGE));
            assertEquals(machine.memory.zeroPfn(), machine.pfn(BASE + PAGE));
            assertEquals(0, machine.mm.numaHint(machine.task, BASE, 1024), "hinted already");
            assertEquals(1, machine.load(BASE));
            assertEquals(2, machine.load(BASE + HUGE));
            assertEquals(NX | 0x67, bits(machine.pte(BASE)));
            assertEquals(NX | 0xe7, bits(machine.pmd(BASE + HUGE)));
        }
    }

    @Test
    void shouldPoisonAPage() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            for (int i = 0; i < 4; i++) {
                machine.store(BASE + i * PAGE, i);
            }
            final long pfn = machine.pfn(BASE + 2 * PAGE);
            final MmStruct child = machine.fork();
            assertEquals(0, machine.mm.poison(machine.task, BASE + 2 * PAGE + 100));
            assertEquals(PteLayout.V5_2.hwpoisonEntry(pfn), machine.pte(BASE + 2 * PAGE));
            assertEquals(machine.pte(BASE + 2 * PAGE), machine.pte(child, BASE + 2 * PAGE));
            assertEquals(VM_FAULT_HWPOISON, machine.fault(BASE + 2 * PAGE, 0));
            assertEquals(1, machine.refcount(pfn), "nobody gets it again");
            assertTrue((machine.flags(pfn) & PageDescriptor.PG_HWPOISON) != 0);
            assertEquals(1, machine.load(BASE + PAGE));
            assertEquals(-Errno.EINVAL, machine.mm.poison(machine.task, BASE + 9 * PAGE));
            child.close(machine.task);
            machine.unmap(BASE, 4);
            machine.map(BASE, 4, RW);
            assertEquals(0, machine.load(BASE + 2 * PAGE));
            machine.keep(1);
        }
    }

    @Test
    void shouldPoisonPartOfAHugePage() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE + 8 * PAGE, 8);
            assertEquals(0, machine.mm.poison(machine.task, BASE + 7 * PAGE));
            assertEquals(8, machine.load(BASE + 8 * PAGE));
            assertEquals(VM_FAULT_HWPOISON, machine.fault(BASE + 7 * PAGE, 0));
            machine.keep(1);
        }
    }

    @Test
    void shouldReportMissingPages() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.store(BASE, 1);
            final List<Long> told = new ArrayList<>();
            machine.mm.userfault(machine.task, BASE, 2, null);
            machine.mm.userfault(machine.task, BASE + 2 * PAGE, 2, (task, mm, address) -> {
                assertFalse(mm.isMmapLocked());
                told.add(address);
                assertEquals(0, mm.fillMissing(task, address));
                assertEquals(-Errno.EEXIST, mm.fillMissing(task, address));
            });
            assertEquals(1, machine.load(BASE), "what is there is not missing");
            assertEquals(VM_FAULT_SIGBUS, machine.fault(BASE + PAGE, FAULT_FLAG_ALLOW_RETRY));
            assertEquals(VM_FAULT_SIGBUS, machine.fault(BASE + PAGE, FAULT_FLAG_WRITE));
            assertEquals(0, machine.pte(BASE + PAGE));
            assertEquals(VM_FAULT_SIGBUS, machine.fault(BASE + 2 * PAGE, 0), "may not wait");
            assertEquals(
                    VM_FAULT_RETRY, machine.fault(BASE + 2 * PAGE, FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT));
            assertEquals(List.of(), told);
            assertEquals(0, machine.load(BASE + 2 * PAGE + 80));
            machine.store(BASE + 3 * PAGE, 5);
            assertEquals(List.of(BASE + 2 * PAGE, BASE + 3 * PAGE), told);
            assertEquals(-Errno.ENOENT, machine.mm.fillMissing(machine.task, BASE + 5 * PAGE));
            assertThrows(
                    IllegalArgumentException.class, () -> machine.mm.userfault(machine.task, BASE + 3 * PAGE, 2, null));
        }
    }

    @Test
    void shouldReportMissingHugePages() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.mm.userfault(machine.task, BASE, 512, null);
            assertEquals(VM_FAULT_SIGBUS, machine.fault(BASE, FAULT_FLAG_WRITE | FAULT_FLAG_ALLOW_RETRY));
            assertEquals(VM_FAULT_SIGBUS, machine.fault(BASE, FAULT_FLAG_ALLOW_RETRY));
            assertEquals(0, machine.pmd(BASE));
            assertEquals(0, machine.mm.fillMissing(machine.task, BASE + PAGE));
            assertEquals(0, machine.load(BASE + PAGE));
        }
    }

    @Test
    void shouldLockMappingsAndThePagesThatTheyFault() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            assertEquals(0, machine.mm.setLocked(machine.task, BASE + PAGE + 5, PAGE, VmFlags.VM_LOCKED));
            assertEquals("0-1rw 1-3rw 3-4rw", machine.layout());
            machine.store(BASE + PAGE, 1);
            machine.store(BASE + 2 * PAGE, 1);
            machine.drain();
            final long pfn = machine.pfn(BASE + PAGE);
            final int locked = PageDescriptor.PG_MLOCKED | PageDescriptor.PG_UNEVICTABLE | PageDescriptor.PG_LRU;
            assertEquals(locked, machine.flags(pfn) & locked);
            assertEquals(1, machine.refcount(pfn));
            assertEquals(-Errno.EINVAL, machine.mm.madvise(machine.task, BASE + PAGE, PAGE, Mman.MADV_DONTNEED));
            assertEquals(-Errno.ENOMEM, machine.mm.setLocked(machine.task, BASE, 6 * PAGE, 0));
            machine.drain();
            assertEquals(PageDescriptor.PG_LRU, machine.flags(pfn) & locked, "unlocked before the hole was met");
            assertEquals(0, machine.vma(BASE + PAGE).flags() & VmFlags.VM_LOCKED);
            assertEquals(0, machine.mm.setLocked(machine.task, BASE, 4 * PAGE, VmFlags.VM_LOCKED));
            machine.store(BASE, 2);
            final long other = machine.pfn(BASE);
            machine.get(other);
            machine.unmap(BASE, 1);
            assertEquals(0, machine.flags(other) & PageDescriptor.PG_MLOCKED);
            machine.put(other);
        }
    }

    @Test
    void shouldMapLockedAndUnlockWhatIsCopied() {
        try (MmMachine machine = MmMachine.small()) {
            assertEquals(
                    BASE,
                    machine.mm.mmap(
                            machine.task, BASE, PAGE, RW, MmMachine.PRIVATE | Mman.MAP_FIXED | Mman.MAP_LOCKED));
            assertNotEquals(0, machine.vma(BASE).flags() & VmFlags.VM_LOCKED);
            machine.store(BASE, 1);
            machine.drain();
            final long pfn = machine.pfn(BASE);
            final MmStruct child = machine.fork();
            machine.store(BASE, 2);
            assertEquals(0, machine.flags(pfn) & PageDescriptor.PG_MLOCKED);
            assertNotEquals(0, machine.flags(machine.pfn(BASE)) & PageDescriptor.PG_MLOCKED);
            child.close(machine.task);
        }
    }

    @Test
    void shouldGiveExecuteOnlyMemoryAKeyOfItsOwn() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 2, RW);
            machine.store(BASE, 1);
            machine.protect(BASE, 1, PROT_EXEC);
            assertEquals(0x100100074L, machine.vma(BASE).flags());
            assertEquals(0x0800000000000065L, bits(machine.pte(BASE)));
            assertEquals(VM_FAULT_SIGSEGV, machine.fault(BASE, 0));
            assertThrows(SegmentationFault.class, () -> machine.load(BASE));
            machine.protect(BASE, 1, PROT_READ | PROT_EXEC);
            assertEquals(0, VmFlags.pkey(machine.vma(BASE).flags()));
            assertEquals(1, machine.load(BASE));
            machine.map(BASE + 4 * PAGE, 1, PROT_EXEC);
            assertEquals(1, VmFlags.pkey(machine.vma(BASE + 4 * PAGE).flags()));
        }
    }

    @Test
    void shouldHaveAGateOutsideEveryAddressSpace() {
        final VmArea gate = GateArea.area();
        assertEquals(0xffff_ffff_ff60_0000L, gate.start());
        assertEquals(1, gate.nrPages());
        assertEquals(0x55, gate.flags());
        try (MmMachine machine = MmMachine.small()) {
            assertNull(machine.mm.findVma(gate.start()));
        }
    }
}
