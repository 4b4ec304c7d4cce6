package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.mm.FileMachine.BASE;
import static org.gup.mm.FileMachine.HUGE;
import static org.gup.mm.FileMachine.PAGE;
import static org.gup.mm.FileMachine.PRIVATE;
import static org.gup.mm.FileMachine.R;
import static org.gup.mm.FileMachine.RW;
import static org.gup.mm.FileMachine.SHARED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.file.DaxDevice;
import org.gup.file.DaxFile;
import org.gup.flags.Errno;
import org.gup.page.DevPagemap;
import org.gup.pgtable.Pte;
import org.junit.jupiter.api.Test;

/** Mappings of DAX files and devices; entries and counts as a 5.2 kernel showed them for ext4 -o dax and device DAX. */
class DaxFaultTest {
    private static DevPagemap fsDevice(final FileMachine m) {
        return m.memory.devices().get(0);
    }

    private static DevPagemap charDevice(final FileMachine m) {
        return m.memory.devices().get(1);
    }

    /** A file that starts at the n-th page of the device. */
    private static DaxFile file(final FileMachine m, final long firstPage, final long pages) {
        return m.own(new DaxFile(m.memory, "dax", fsDevice(m), fsDevice(m).startPfn() + firstPage, pages * PAGE));
    }

    private static void assertSucceeded(final int result) {
        assertEquals(0, result & VM_FAULT_ERROR, () -> "result 0x" + Integer.toHexString(result));
    }

    @Test
    void readMapsTheDevicesOwnPagesReadOnlyAndCountsNothing() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxFile file = file(m, 8, 4);
            file.write(m.task, 1, 77);
            file.allocate(m.task, 0, 4);
            m.map(BASE, 4, RW, SHARED, file);
            assertEquals(0x200000fb, m.machine.vma(BASE).flags());
            assertTrue(m.machine.vma(BASE).isFsDax());
            assertSucceeded(m.read(BASE + PAGE));
            assertEquals(0x8400000000000225L, m.pteBits(BASE + PAGE));
            assertEquals(fsDevice(m).startPfn() + 9, m.pfn(BASE + PAGE));
            assertEquals(1, m.machine.refcount(m.pfn(BASE + PAGE)));
            assertEquals(0, m.machine.mapcount(m.pfn(BASE + PAGE)));
            assertEquals(77, m.machine.load(BASE + PAGE));
            assertEquals(0, m.pte(BASE), "no fault-around");
            assertSucceeded(m.write(BASE + PAGE));
            assertEquals(0x8400000000000267L, m.pteBits(BASE + PAGE));
            m.machine.store(BASE + PAGE, 78);
            assertEquals(78, file.read(m.task, 1));
        }
    }

    @Test
    void holeShowsTheZeroPageUntilItIsWritten() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxFile file = file(m, 8, 2);
            m.map(BASE, 4, RW, SHARED, file);
            assertSucceeded(m.read(BASE));
            assertEquals(0x8000000000000225L, m.pteBits(BASE));
            assertEquals(m.memory.zeroPfn(), m.pfn(BASE));
            assertEquals(1, m.machine.refcount(m.memory.zeroPfn()));
            assertEquals(VM_FAULT_MAJOR, m.write(BASE) & VM_FAULT_MAJOR, "a new block");
            assertEquals(0x8400000000000267L, m.pteBits(BASE));
            assertEquals(fsDevice(m).startPfn() + 8, m.pfn(BASE));
            assertSucceeded(m.write(BASE + PAGE));
            assertEquals(0x8400000000000267L, m.pteBits(BASE + PAGE));
            assertEquals(VM_FAULT_SIGBUS, m.read(BASE + 2 * PAGE));
            assertEquals(VM_FAULT_SIGBUS, m.write(BASE + 3 * PAGE));
        }
    }

    @Test
    void privateWriteCopies() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxFile file = file(m, 8, 3);
            file.write(m.task, 0, 50);
            file.write(m.task, 1, 51);
            m.map(BASE, 3, RW, PRIVATE, file);
            assertEquals(0x20100073, m.machine.vma(BASE).flags());
            assertSucceeded(m.read(BASE + PAGE));
            assertEquals(0x8400000000000225L, m.pteBits(BASE + PAGE));
            for (int i = 0; i < 3; i++) {
                assertSucceeded(m.write(BASE + i * PAGE));
                assertEquals(0x8000000000000067L, m.pteBits(BASE + i * PAGE));
            }
            m.drain();
            assertEquals(1, m.machine.refcount(m.pfn(BASE)));
            assertEquals(1, m.machine.mapcount(m.pfn(BASE + PAGE)));
            assertEquals(50, m.machine.load(BASE));
            assertEquals(51, m.machine.load(BASE + PAGE), "a copy of the device's page, not zeroes");
            assertEquals(0, m.machine.load(BASE + 2 * PAGE), "a hole");
            m.machine.store(BASE, 1);
            assertEquals(50, file.read(m.task, 0));
            assertEquals(-1, file.block(2), "a private write allocates no block");
        }
    }

    @Test
    void alignedExtentIsMappedByOneLeaf() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxFile file = file(m, 512, 512);
            file.allocate(m.task, 0, 512);
            m.map(BASE, 512, RW, SHARED, file);
            assertSucceeded(m.read(BASE + 5 * PAGE));
            assertEquals(0x84000000000000a5L, m.pmdBits(BASE));
            assertSucceeded(m.write(BASE + 6 * PAGE));
            assertEquals(0x84000000000000e7L, m.pmdBits(BASE));
            assertEquals(fsDevice(m).startPfn() + 512 + 7, m.pfn(BASE + 7 * PAGE));
            assertEquals(1, m.machine.refcount(m.pfn(BASE)));
            m.machine.store(BASE + 7 * PAGE, 4);
            assertEquals(4, file.read(m.task, 7));
        }
    }

    @Test
    void hugeHoleShowsTheHugeZeroPageUntilItIsWritten() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxFile file = file(m, 512, 512);
            m.map(BASE, 512, RW, SHARED, file);
            m.map(BASE + HUGE, 512, RW, SHARED, file);
            assertSucceeded(m.read(BASE + HUGE));
            assertEquals(0x80000000000000a5L, m.pmdBits(BASE + HUGE));
            assertSucceeded(m.read(BASE));
            assertEquals(0x80000000000000a5L, m.pmdBits(BASE));
            assertEquals(m.memory.hugeZeroPfn(m.task), m.pfn(BASE));
            assertSucceeded(m.write(BASE + PAGE));
            assertEquals(0x84000000000000e7L, m.pmdBits(BASE));
            assertEquals(fsDevice(m).startPfn() + 512, m.pfn(BASE));
            assertEquals(0, m.machine.load(BASE));
        }
    }

    @Test
    void unalignedOrShortOrPrivateOnesFallBack() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxFile unaligned = file(m, 8, 512);
            unaligned.allocate(m.task, 0, 512);
            m.map(BASE, 512, RW, SHARED, unaligned);
            assertSucceeded(m.write(BASE + 3 * PAGE));
            assertEquals(0x8400000000000267L, m.pteBits(BASE + 3 * PAGE));
            final DaxFile whole = file(m, 1024, 512);
            whole.allocate(m.task, 0, 512);
            m.map(BASE + HUGE, 256, RW, SHARED, whole);
            assertSucceeded(m.write(BASE + HUGE));
            assertEquals(0x8400000000000267L, m.pteBits(BASE + HUGE));
            assertSucceeded(m.read(BASE + HUGE + PAGE));
            m.map(BASE + 2 * HUGE, 512, RW, SHARED, whole);
            assertSucceeded(m.read(BASE + 2 * HUGE));
            assertEquals(0x8400000000000225L, m.pteBits(BASE + 2 * HUGE), "small entries came first");
            final DaxFile other = file(m, 1536, 512);
            other.allocate(m.task, 0, 512);
            m.map(BASE + 3 * HUGE, 512, RW, PRIVATE, other);
            assertSucceeded(m.write(BASE + 3 * HUGE));
            assertEquals(0x8000000000000067L, m.pteBits(BASE + 3 * HUGE));
        }
    }

    @Test
    void privateReadOfAnExtentIsALeafThatAWriteSplits() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxFile file = file(m, 512, 512);
            file.allocate(m.task, 0, 512);
            file.write(m.task, 9, 90);
            m.map(BASE, 512, RW, PRIVATE, file);
            assertSucceeded(m.read(BASE));
            assertEquals(0x84000000000000a5L, m.pmdBits(BASE));
            m.machine.store(BASE + 9 * PAGE + 8, 1);
            assertEquals(0x8000000000000067L, m.pteBits(BASE + 9 * PAGE));
            assertEquals(90, m.machine.load(BASE + 9 * PAGE));
            assertEquals(0, m.pte(BASE + 8 * PAGE), "the leaf is gone");
        }
    }

    @Test
    void fileMustLieInADeviceForFiles() {
        try (FileMachine m = FileMachine.withDevices()) {
            final long start = fsDevice(m).startPfn();
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new DaxFile(m.memory, "x", fsDevice(m), start + 2047, 2 * PAGE));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new DaxFile(
                            m.memory, "x", charDevice(m), charDevice(m).startPfn(), PAGE));
        }
    }

    @Test
    void deviceIsMappedByLeavesOfItsOwnSize() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxDevice device = m.own(new DaxDevice("dax0.0", charDevice(m), HUGE));
            m.map(BASE, 1024, RW, SHARED, device);
            assertEquals(0x200000fb, m.machine.vma(BASE).flags());
            assertEquals(false, m.machine.vma(BASE).isFsDax());
            assertSucceeded(m.read(BASE + 3 * PAGE));
            assertEquals(0x84000000000000a7L, m.pmdBits(BASE));
            assertSucceeded(m.write(BASE + HUGE));
            assertEquals(0x84000000000000e7L, m.pmdBits(BASE + HUGE));
            assertEquals(charDevice(m).startPfn() + 515, m.pfn(BASE + HUGE + 3 * PAGE));
            assertEquals(1, m.machine.refcount(m.pfn(BASE)));
            m.machine.store(BASE + 8, 3);
            assertEquals(3, m.memory.frames().getLong(charDevice(m).startPfn(), 8));
        }
    }

    @Test
    void deviceOfSmallLeavesIsMappedByEntries() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxDevice device = m.own(new DaxDevice("dax0.0", charDevice(m), PAGE));
            m.map(BASE, 600, RW, SHARED, device);
            assertSucceeded(m.read(BASE));
            assertEquals(0x8400000000000227L, m.pteBits(BASE));
            assertSucceeded(m.write(BASE + PAGE));
            assertEquals(0x8400000000000267L, m.pteBits(BASE + PAGE));
            assertNotEquals(0, m.pte(BASE) & Pte.SPECIAL);
        }
    }

    @Test
    void misalignedOrPrivateMappingsOfADeviceAreRefused() {
        try (FileMachine m = FileMachine.withDevices()) {
            final DaxDevice device = m.own(new DaxDevice("dax0.0", charDevice(m), HUGE));
            assertEquals(-Errno.EINVAL, m.tryMap(BASE + PAGE, 512, RW, SHARED, device));
            assertEquals(-Errno.EINVAL, m.tryMap(BASE, 511, RW, SHARED, device));
            assertEquals(-Errno.EINVAL, m.tryMap(BASE, 512, RW, PRIVATE, device));
            assertThrows(IllegalArgumentException.class, () -> new DaxDevice("x", charDevice(m), 1 << 30));
            m.map(BASE, 4096, R, SHARED, device);
            assertEquals(VM_FAULT_SIGBUS, m.read(BASE + 2048 * PAGE), "beyond the device");
        }
    }
}
