package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.mm.FileMachine.BASE;
import static org.gup.mm.FileMachine.HUGE;
import static org.gup.mm.FileMachine.PAGE;
import static org.gup.mm.FileMachine.PRIVATE;
import static org.gup.mm.FileMachine.R;
import static org.gup.mm.FileMachine.RW;
import static org.gup.mm.FileMachine.SHARED;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.gup.file.RawMemory;
import org.gup.file.ZeroDevice;
import org.gup.flags.Errno;
import org.gup.pgtable.Pte;
import org.junit.jupiter.api.Test;

/** Mappings of memory devices; entries and flags as a 5.2 kernel showed them for /dev/mem and a driver's mappings. */
class PfnMappingTest {
    private static final long FIRST = 0x20;

    @Test
    void everyEntryOfAPfnMappingIsSpecialFromTheStart() {
        try (FileMachine m = FileMachine.small()) {
            final RawMemory device = m.own(RawMemory.pfnMap("/dev/mem", FIRST));
            m.map(BASE, 4, RW, SHARED, device);
            assertEquals(0x50444fb, m.machine.vma(BASE).flags());
            for (int i = 0; i < 4; i++) {
                assertEquals(0x8000000000000227L, m.pteBits(BASE + i * PAGE));
                assertEquals(FIRST + i, Pte.pfn(m.pte(BASE + i * PAGE)));
            }
            m.machine.store(BASE + PAGE, 12);
            assertEquals(12, m.memory.frames().getLong(FIRST + 1, 0));
        }
    }

    @Test
    void privateWriteOfAPfnMappingCopiesTheFrame() {
        try (FileMachine m = FileMachine.small()) {
            final RawMemory device = m.own(RawMemory.pfnMap("/dev/mem", FIRST));
            m.memory.frames().putLong(FIRST, 8, 99);
            m.map(BASE, 2, RW, PRIVATE, device);
            assertEquals(0x5144473, m.machine.vma(BASE).flags());
            assertEquals(0x8000000000000225L, m.pteBits(BASE));
            m.machine.store(BASE, 1);
            assertEquals(0x8000000000000067L, m.pteBits(BASE));
            m.drain();
            assertEquals(1, m.machine.refcount(m.pfn(BASE)));
            assertEquals(99, m.machine.load(BASE + 8));
            assertEquals(0, m.memory.frames().getLong(FIRST, 0));
            m.memory.frames().putLong(FIRST, 8, 0);
        }
    }

    @Test
    void framesWithoutStructPageAreUncached() {
        try (FileMachine m = FileMachine.small()) {
            final long beyond = m.memory.memMap().nrPages() + 100;
            m.map(BASE, 1, RW, SHARED, m.own(RawMemory.mixedMap("driver", beyond)));
            assertEquals(0x100000fb, m.machine.vma(BASE).flags());
            assertEquals(0x8000000000000237L, m.pteBits(BASE));
            assertEquals(beyond, Pte.pfn(m.pte(BASE)));
        }
    }

    @Test
    void pagesOfADriverAreCounted() {
        try (FileMachine m = FileMachine.small()) {
            final RawMemory device = m.own(RawMemory.driverPages(m.memory, m.task, "driver", 2));
            m.map(BASE, 2, R, PRIVATE, device);
            assertEquals(0x10000071, m.machine.vma(BASE).flags());
            assertEquals(0x8000000000000025L, m.pteBits(BASE));
            m.assertPage(BASE, 2, 1, 0);
            assertEquals(-Errno.EINVAL, m.tryMap(BASE + HUGE, 3, R, PRIVATE, device), "beyond the pages");
            m.assertPage(BASE, 2, 1, PG_REFERENCED);
            m.unmap(BASE, 2);
            assertEquals(1, m.machine.refcount(device.pfn(0)));
            assertEquals(0, m.machine.mapcount(device.pfn(0)));
        }
    }

    @Test
    void nothingFaultsInAfterTheMappingWasMade() {
        try (FileMachine m = FileMachine.small()) {
            m.map(BASE, 2, RW, SHARED, m.own(RawMemory.pfnMap("/dev/mem", FIRST)));
            m.machine.plant(BASE, 1, 0);
            assertEquals(VM_FAULT_SIGBUS, m.read(BASE));
            assertEquals(0, m.pte(BASE));
        }
    }

    @Test
    void zeroDeviceIsAnonymousMemoryWhenPrivate() {
        try (FileMachine m = FileMachine.small()) {
            final ZeroDevice zero = new ZeroDevice();
            assertNull(FileOperations.of(zero));
            m.map(BASE, 2, RW, PRIVATE, zero);
            assertEquals(0x100073, m.machine.vma(BASE).flags());
            m.machine.store(BASE, 3);
            assertEquals(0x8000000000000067L, m.pteBits(BASE));
            m.drain();
            assertEquals(1, m.machine.refcount(m.pfn(BASE)));
            m.read(BASE + PAGE);
            assertEquals(m.memory.zeroPfn(), m.pfn(BASE + PAGE));
        }
    }
}
