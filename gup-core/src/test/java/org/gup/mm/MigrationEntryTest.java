package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What faults, unmapping, protection and splits make of a page that is being migrated. */
class MigrationEntryTest {
    private static final PteLayout LAYOUT = PteLayout.V5_2;

    /** The page behind an address, locked, with one reference more, and mapped nowhere. */
    private static long begin(final MmMachine machine, final long address) {
        machine.drain();
        final long head = machine.memory
                .memMap()
                .pfn(machine.memory.memMap().head(machine.memory.memMap().page(machine.pfn(address))));
        machine.get(head);
        machine.lockPage(head);
        assertTrue(machine.memory.rmap().tryToUnmapForMigration(machine.task, head));
        return head;
    }

    private static void end(final MmMachine machine, final long head) {
        machine.memory.rmap().removeMigrationPtes(machine.task, head, head);
        machine.unlockPage(head);
        machine.put(head);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldWaitWithoutAReferenceUntilThePageIsBack() throws InterruptedException {
        // Migration's count must stay what it expects while a fault waits, for base pages and huge ones.
        for (final boolean huge : new boolean[] {false, true}) {
            final AtomicInteger pauses = new AtomicInteger();
            try (MmMachine machine = new MmMachine(
                    PhysicalMemory.builder().await(tries -> {
                        pauses.incrementAndGet();
                        Thread.onSpinWait();
                    }),
                    4)) {
                if (huge) {
                    machine.mapHuge(BASE, 512, RW);
                } else {
                    machine.map(BASE, 1, RW);
                }
                machine.store(BASE, 1);
                final long head = begin(machine, BASE);
                final Task other = machine.newTask(1);
                final Thread waiter = new Thread(() -> UserAccess.store(other, machine.mm, BASE + 8, 2));
                final int before = pauses.get();
                waiter.start();
                while (other.counters().get(Counter.MIGRATION_ENTRY_WAITS) == 0 || pauses.get() < before + 100) {
                    Thread.onSpinWait();
                }
                assertEquals(1, machine.refcount(head), "only the reference of who migrates");
                end(machine, head);
                waiter.join();
                assertEquals(1, machine.load(BASE));
                assertEquals(2, machine.load(BASE + 8));
            }
        }
    }

    @Test
    void shouldOutliveItsMapping() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.mapHuge(BASE + HUGE, 512, RW);
            machine.store(BASE, 1);
            machine.store(BASE + HUGE, 1);
            final long pfn = begin(machine, BASE);
            final long head = begin(machine, BASE + HUGE);
            assertEquals(LAYOUT.migrationEntry(pfn, true), machine.pte(BASE));
            assertEquals(LAYOUT.migrationEntry(head, true), machine.pmd(BASE + HUGE));
            machine.unmap(BASE, 1024);
            assertEquals(1, machine.refcount(pfn));
            assertEquals(1, machine.refcount(head));
            machine.map(BASE, 1024, RW);
            end(machine, pfn);
            end(machine, head);
            assertEquals(-1, machine.pfn(BASE), "not mapped again");
            assertEquals(0, machine.pmd(BASE + HUGE));
        }
    }

    @Test
    void shouldComeBackAsItsMappingPermits() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 1024, RW);
            machine.store(BASE, 1);
            machine.store(BASE + HUGE, 1);
            assertEquals(0, machine.mm.splitHugePage(machine.task, machine.vma(BASE), BASE));
            final long pfn = begin(machine, BASE);
            final long head = begin(machine, BASE + HUGE);
            machine.protect(BASE, 1024, Mman.PROT_READ);
            assertEquals(LAYOUT.migrationEntry(pfn, false), machine.pte(BASE));
            assertEquals(LAYOUT.migrationEntry(head, false), machine.pmd(BASE + HUGE));
            machine.protect(BASE, 1024, RW);
            end(machine, pfn);
            end(machine, head);
            assertFalse(Pte.isWritable(machine.pte(BASE)));
            assertFalse(Pte.isWritable(machine.pmd(BASE + HUGE)));
            machine.store(BASE, 2);
            machine.store(BASE + HUGE, 3);
            assertEquals(pfn, machine.pfn(BASE));
            assertEquals(head, machine.pfn(BASE + HUGE));
        }
    }

    @Test
    void shouldBeSplitWithItsMapping() {
        try (MmMachine machine = MmMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.store(BASE + 3 * PAGE, 3);
            final long head = begin(machine, BASE);
            machine.unmap(BASE + 2 * PAGE, 1);
            assertEquals(LAYOUT.migrationEntry(head + 3, true), machine.pte(BASE + 3 * PAGE));
            assertEquals(0, machine.pte(BASE + 2 * PAGE));
            assertEquals(1, machine.refcount(head));
            end(machine, head);
            assertEquals(511, machine.refcount(head));
            assertEquals(0, machine.compoundMapcount(head));
            assertEquals(3, machine.load(BASE + 3 * PAGE));
            assertEquals(0, machine.fault(BASE + 3 * PAGE, FAULT_FLAG_WRITE));
        }
    }
}
