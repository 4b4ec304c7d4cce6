package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.MmMachine.bits;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.flags.VmFlags;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.rmap.Rmap;
import org.gup.stat.Counter;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** fork: entries and counts as a 5.2 kernel has them (setups fork_* and thp_fork_parent of the oracle), and what writes do then. */
class ForkTest {
    private static final long NX = Pte.NX;

    @Test
    void shouldShareWrittenPagesReadOnly() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            for (int i = 0; i < 4; i++) {
                machine.store(BASE + i * PAGE, 100 + i);
            }
            machine.drain();
            final MmStruct child = machine.fork();
            for (int i = 0; i < 4; i++) {
                final long address = BASE + i * PAGE;
                assertEquals(NX | 0x65, bits(machine.pte(address)), "parent: used, dirty, read-only");
                assertEquals(NX | 0x45, bits(machine.pte(child, address)), "child: dirty, read-only");
                assertEquals(machine.pfn(address), machine.pfn(child, address));
                assertEquals(2, machine.refcount(machine.pfn(address)));
                assertEquals(2, machine.mapcount(machine.pfn(address)));
                assertEquals(100 + i, machine.load(child, address));
            }
            child.close(machine.task);
            assertEquals(1, machine.refcount(machine.pfn(BASE)));
        }
    }

    @Test
    void shouldCopyForTheFirstWriterAndReuseForTheLast() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.store(BASE, 1);
            machine.drain();
            final long shared = machine.pfn(BASE);
            final MmStruct child = machine.fork();
            assertEquals(VM_FAULT_WRITE, machine.fault(BASE, FAULT_FLAG_WRITE));
            assertEquals(1, machine.count(Counter.COW_COPIES));
            machine.store(BASE, 2);
            assertNotEquals(shared, machine.pfn(BASE));
            assertEquals(NX | 0x67, bits(machine.pte(BASE)));
            assertEquals(1, machine.mapcount(shared));
            assertEquals(1, machine.load(child, BASE));

            // The child has it for itself now; that somebody else holds a reference does not count in 5.2.
            machine.get(shared);
            machine.store(child, BASE, 3);
            assertEquals(shared, machine.pfn(child, BASE), "reused in place");
            assertEquals(1, machine.count(Counter.COW_REUSES));
            assertEquals(3, machine.load(child, BASE));
            assertEquals(2, machine.load(BASE));
            machine.put(shared);
            child.close(machine.task);
        }
    }

    @Test
    void shouldReuseInPlaceOnceTheChildIsGone() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.store(BASE, 1);
            final long pfn = machine.pfn(BASE);
            machine.fork().close(machine.task);
            assertEquals(NX | 0x65, bits(machine.pte(BASE)));
            machine.store(BASE, 2);
            assertEquals(pfn, machine.pfn(BASE));
            assertEquals(0, machine.count(Counter.COW_COPIES));
            assertEquals(2, machine.load(BASE));
        }
    }

    @Test
    void shouldCopyZeroPagesReadOnlyPagesAndPagesWithoutAccess() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            assertEquals(0, machine.load(BASE));
            machine.store(BASE + PAGE, 7);
            machine.store(BASE + 2 * PAGE, 8);
            machine.protect(BASE + PAGE, 1, PROT_READ);
            machine.protect(BASE + 2 * PAGE, 1, PROT_NONE);
            final long zeroReferences = machine.refcount(machine.memory.zeroPfn());
            final MmStruct child = machine.fork();
            assertEquals(NX | 0x225, bits(machine.pte(BASE)));
            assertEquals(NX | 0x205, bits(machine.pte(child, BASE)));
            assertEquals(zeroReferences, machine.refcount(machine.memory.zeroPfn()), "not counted");
            assertEquals(NX | 0x45, bits(machine.pte(child, BASE + PAGE)));
            assertEquals(0x140, bits(machine.pte(child, BASE + 2 * PAGE)), "PROTNONE, dirty");
            assertEquals(0, machine.pte(child, BASE + 3 * PAGE));
            child.mprotect(machine.task, BASE + 2 * PAGE, PAGE, PROT_READ);
            assertEquals(8, machine.load(child, BASE + 2 * PAGE));
            assertEquals(2, machine.mapcount(machine.pfn(BASE + 2 * PAGE)));
            machine.store(child, BASE, 5);
            assertEquals(0, machine.load(BASE));
            child.close(machine.task);
        }
    }

    @Test
    void shouldNotInheritLocksReportsAndWhatIsNotToBeCopied() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 6, RW);
            assertEquals(0, machine.mm.setLocked(machine.task, BASE, PAGE, VmFlags.VM_LOCKED));
            machine.mm.userfault(machine.task, BASE + 2 * PAGE, 1, null);
            assertEquals(0, machine.mm.changeVmFlags(machine.task, BASE + 4 * PAGE, PAGE, VmFlags.VM_DONTCOPY, 0));
            final MmStruct child = machine.fork();
            for (final VmArea vma : child.vmAreas()) {
                assertEquals(0, vma.flags() & (VmFlags.VM_LOCKED | VmFlags.VM_UFFD_MISSING | VmFlags.VM_DONTCOPY));
                assertFalse(vma.contains(BASE + 4 * PAGE));
            }
            assertTrue(machine.vma(child, BASE + 5 * PAGE).contains(BASE + 5 * PAGE));
            child.close(machine.task);
        }
    }

    @Test
    void shouldShareHugePagesAndCopyThemWhole() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            for (int i = 0; i < 512; i += 100) {
                machine.store(BASE + i * PAGE, i);
            }
            final long shared = machine.pfn(BASE);
            final MmStruct child = machine.fork();
            assertEquals(NX | 0xe5, bits(machine.pmd(BASE)));
            assertEquals(NX | 0xc5, bits(machine.pmd(child, BASE)));
            assertEquals(2, machine.refcount(shared));
            assertEquals(2, machine.compoundMapcount(shared));

            machine.store(BASE + 5 * PAGE, 55);
            assertTrue(machine.isHuge(BASE));
            assertNotEquals(shared, machine.pfn(BASE));
            assertEquals(NX | 0xe7, bits(machine.pmd(BASE)));
            assertEquals(1, machine.compoundMapcount(shared));
            assertEquals(300, machine.load(BASE + 300 * PAGE), "all of it was copied");
            assertEquals(0, machine.load(child, BASE + 5 * PAGE));
            machine.store(child, BASE, 9);
            assertEquals(shared, machine.pfn(child, BASE), "the last one keeps it");
            assertEquals(0, machine.load(BASE));
            child.close(machine.task);
        }
    }

    @Test
    void shouldFallBackToBasePagesWithoutAHugeOne() {
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().normalPages(4096), 4)) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE, 1);
            machine.store(BASE + PAGE, 2);
            final long shared = machine.pfn(BASE);
            final MmStruct child = machine.fork();
            final List<Long> taken = machine.takeAllMemory();
            for (int i = 0; i < 4; i++) {
                machine.put(taken.remove(0));
            }
            machine.store(BASE, 3);
            assertFalse(machine.isHuge(BASE));
            assertTrue(machine.isHuge(child, BASE));
            assertEquals(1, machine.load(child, BASE));
            assertEquals(3, machine.load(BASE));
            assertEquals(2, machine.load(BASE + PAGE));
            assertEquals(shared + 1, machine.pfn(BASE + PAGE));
            // 511 PTEs of the parent and the child's PMD.
            assertEquals(512, machine.refcount(shared));
            taken.forEach(machine::put);
            child.close(machine.task);
        }
    }

    @Test
    void shouldCopyMigrationEntriesAsReadOnly() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.mapHuge(BASE + HUGE, 512, RW);
            machine.store(BASE, 1);
            machine.store(BASE + HUGE, 2);
            machine.drain();
            final long pfn = machine.pfn(BASE);
            final long head = machine.pfn(BASE + HUGE);
            machine.get(pfn);
            machine.get(head);
            final Rmap rmap = machine.memory.rmap();
            machine.lockPage(pfn);
            machine.lockPage(head);
            assertTrue(rmap.tryToUnmapForMigration(machine.task, pfn));
            assertTrue(rmap.tryToUnmapForMigration(machine.task, head));
            assertTrue(PteLayout.V5_2.isMigrationWrite(machine.pte(BASE)));
            final MmStruct child = machine.fork();
            for (final MmStruct space : new MmStruct[] {machine.mm, child}) {
                assertEquals(PteLayout.V5_2.migrationEntry(pfn, false), machine.pte(space, BASE));
                assertEquals(PteLayout.V5_2.migrationEntry(head, false), machine.pmd(space, BASE + HUGE));
            }
            rmap.removeMigrationPtes(machine.task, pfn, pfn);
            rmap.removeMigrationPtes(machine.task, head, head);
            machine.unlockPage(pfn);
            machine.unlockPage(head);
            machine.put(pfn);
            machine.put(head);
            assertEquals(2, machine.mapcount(pfn));
            assertEquals(2, machine.refcount(pfn));
            assertEquals(2, machine.compoundMapcount(head));
            assertEquals(2, machine.refcount(head));
            machine.store(child, BASE, 11);
            machine.store(child, BASE + HUGE, 12);
            assertEquals(1, machine.load(BASE));
            assertEquals(2, machine.load(BASE + HUGE));
            child.close(machine.task);
        }
    }

    @Test
    void shouldLeaveNothingBehindWithoutMemoryForTables() {
        for (int tables = 5; tables < 9; tables++) {
            try (MmMachine machine = new MmMachine(PhysicalMemory.builder().tablePages(tables), 4)) {
                machine.map(BASE, 1, RW);
                machine.store(BASE, 1);
                final int before = machine.memory.tables().allocated();
                final MmStruct child = machine.mm.fork(machine.task);
                if (tables < 8) {
                    assertNull(child, "tables=" + tables);
                    assertEquals(before, machine.memory.tables().allocated());
                } else {
                    child.close(machine.task);
                }
                assertEquals(1, machine.mapcount(machine.pfn(BASE)));
                machine.store(BASE, 2);
            }
        }
    }

    @Test
    void shouldForkAChildOfAChild() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.store(BASE, 1);
            final List<MmStruct> line = new ArrayList<>(List.of(machine.mm));
            for (int i = 1; i < 5; i++) {
                line.add(line.get(i - 1).fork(machine.task));
            }
            assertEquals(5, machine.mapcount(machine.pfn(BASE)));
            for (int i = 0; i < 5; i++) {
                machine.store(line.get(i), BASE, 10 + i);
            }
            for (int i = 4; i >= 0; i--) {
                assertEquals(10 + i, machine.load(line.get(i), BASE));
                if (i > 0) {
                    line.get(i).close(machine.task);
                }
            }
        }
    }
}
