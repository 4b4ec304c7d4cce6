package org.gup.shim.probe;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.RW;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.gup.TestMachine;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.TablePages;
import org.gup.shim.AccessKind;
import org.gup.shim.Shimmed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every sort of word is recognized when the model touches it. */
@ExtendWith(Shimmed.class)
class ProbeTest {
    @Test
    void shouldNameWords() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            final Probe probe = new Probe(machine.memory, machine.mm);
            final long entry = machine.entryAddress(BASE, PageTableGeometry.PTE_LEVEL);
            final long pfn = (TablePages.entryAcquire(entry) & 0xFFFFFFFFFF000L) >>> 12;
            final long page = machine.memory.memMap().page(pfn);

            assertEquals("1 RMW REFCOUNT", text(probe, () -> PageRef.freeze(page, 7)));
            assertEquals("1 LOAD_OPAQUE FLAGS", text(probe, () -> PageDescriptor.flagsOpaque(page)));
            assertEquals("1 LOAD_ACQUIRE COMPOUND_HEAD", text(probe, () -> PageDescriptor.compoundHeadAcquire(page)));
            assertEquals(
                    "1 LOAD_VOLATILE COLD",
                    text(probe, () -> machine.memory.memMap().pteMapcount(pfn)));
            assertEquals("1 LOAD_ACQUIRE ENTRY", text(probe, () -> TablePages.entryAcquire(entry)));
            assertEquals(
                    "1 LOAD_PLAIN FRAME",
                    text(probe, () -> machine.memory.frames().getLong(pfn, 0)));
            assertEquals("1 LOAD_VOLATILE MMAP_SEM", text(probe, machine.mm::isMmapLocked));
            assertEquals(
                    "1 FENCE NONE",
                    text(probe, () -> machine.memory.epoch().synchronize()).split(", ", -1)[1]);
        }
    }

    private static String text(final Probe probe, final Runnable work) {
        return probe.count(work).toString();
    }

    @Test
    void shouldKeepTheOrder() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            final Probe probe = new Probe(machine.memory, machine.mm);
            final long entry = machine.entryAddress(BASE, PageTableGeometry.PTE_LEVEL);
            final Tally tally = probe.count(() -> {
                TablePages.entryVolatile(entry);
                TablePages.compareAndSet(entry, 0, 1);
                TablePages.entryAcquire(entry);
            });
            assertEquals(
                    "[LOAD_VOLATILE ENTRY, RMW ENTRY, LOAD_ACQUIRE ENTRY]",
                    tally.accesses().toString());
            assertEquals(3, tally.count(a -> a.address() == entry));
            assertEquals(1, tally.locked());
            assertEquals(2, tally.loads());
            assertEquals(1, tally.of(AccessKind.LOAD_ACQUIRE, Word.ENTRY));
        }
    }
}
