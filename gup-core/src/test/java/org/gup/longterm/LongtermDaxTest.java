package org.gup.longterm;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.EOPNOTSUPP;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.GetUserPages;
import org.gup.TestMachine;
import org.gup.file.DaxDevice;
import org.gup.file.DaxFile;
import org.gup.file.MappedFile;
import org.gup.mm.UserAccess;
import org.gup.page.DevPagemap;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Longterm pins of what a file system or a device owns. Row ids are those of the conformance table. */
class LongtermDaxTest {
    private static final int IDLE = 1;

    private final TestMachine machine = new TestMachine(
            PhysicalMemory.builder()
                    .cma("area", 1024)
                    .device(DevPagemap.Type.FS_DAX, 2048)
                    .device(DevPagemap.Type.DEVICE_DAX, 1024),
            4,
            kernel -> {});
    private final PhysicalMemory memory = machine.memory;
    private final Task task = machine.task;
    private final DevPagemap pmem = memory.devices().get(0);
    private final DaxFile file = new DaxFile(memory, "file", pmem, pmem.startPfn(), 64 * PAGE);
    private final long[] pages = new long[1024];

    @AfterEach
    void closeMachine() {
        machine.mm.munmap(task, BASE, 1024 * PAGE);
        file.close();
        machine.close();
    }

    private void mapFile(final long address, final long nrPages, final int flags, final MappedFile mapped) {
        assertEquals(address, machine.mm.mmapFile(task, address, nrPages * PAGE, RW, flags | MAP_FIXED, mapped, 0));
    }

    private void touch(final long address, final int nrPages) {
        for (int i = 0; i < nrPages; i++) {
            UserAccess.store(task, machine.mm, address + i * PAGE, i + 1);
        }
    }

    private long longterm(final int nrPages, final int flags) {
        return machine.getUserPages(BASE, nrPages, flags | FOLL_LONGTERM, pages);
    }

    private int fast(final int nrPages, final int flags) {
        return machine.gup.getUserPagesFast(task, machine.mm, BASE, nrPages, flags, pages);
    }

    private void assertIdle(final int nrPages) {
        for (int i = 0; i < nrPages; i++) {
            assertEquals(IDLE, machine.refcount(pmem.startPfn() + i), "page " + i);
        }
    }

    @Test
    void shouldPinForShortFast() { // D01
        file.allocate(task, 0, 1);
        mapFile(BASE, 1, MAP_SHARED, file);
        touch(BASE, 1);
        assertEquals(1, fast(1, FOLL_WRITE));
        assertEquals(pmem.startPfn(), pages[0]);
        assertEquals(IDLE + 1, machine.refcount(pages[0]));
        assertEquals(0, machine.count(Counter.SLOW_CALLS));
        machine.gup.putPage(task, pages[0]);
        assertIdle(1);
    }

    @Test
    void shouldRefuseAFileSystemsPages() { // D02, D03
        file.allocate(task, 0, 4);
        mapFile(BASE, 4, MAP_SHARED, file);
        touch(BASE, 4);
        assertEquals(-EOPNOTSUPP, longterm(4, 0));
        assertIdle(4);
        assertEquals(-EOPNOTSUPP, longterm(4, FOLL_WRITE));
        assertEquals(-EOPNOTSUPP, fast(4, FOLL_LONGTERM | FOLL_WRITE));
        assertIdle(4);
        assertFalse(machine.mm.isMmapLocked());
    }

    @Test
    void shouldFaultInBeforeItRefuses() { // D04
        mapFile(BASE, 4, MAP_SHARED, file);
        assertEquals(-1, file.block(0));
        assertEquals(-EOPNOTSUPP, longterm(1, FOLL_WRITE));
        assertEquals(pmem.startPfn(), file.block(0), "its block was allocated");
        assertIdle(1);
        machine.mm.mmapReadLock(task);
        assertEquals(pmem.startPfn(), machine.gup.followPage(task, machine.mm, BASE, 4), "and mapped");
        machine.mm.mmapReadUnlock(task);
        machine.gup.putPage(task, pmem.startPfn());
    }

    @Test
    void shouldRefuseTheWholeBatch() { // D05, D06, D07
        file.allocate(task, 0, 4);
        machine.map(BASE, 4, RW);
        mapFile(BASE + 4 * PAGE, 4, MAP_SHARED, file);
        // Nothing populated: the slow leg sees it all.
        assertEquals(-EOPNOTSUPP, fast(8, FOLL_LONGTERM | FOLL_WRITE));
        machine.populate(BASE, 4);
        touch(BASE + 4 * PAGE, 4);
        assertEquals(-EOPNOTSUPP, longterm(8, 0));
        // The walk keeps what it has: the error of the rest is hidden.
        assertEquals(4, fast(8, FOLL_LONGTERM));
        for (int i = 0; i < 4; i++) {
            assertEquals(2, machine.refcount(pages[i]), "one mapping and this pin: the refused ones are gone");
        }
        machine.gup.putPages(task, pages, 4);
        assertIdle(4);
    }

    @Test
    void shouldPinAChunkAtATime() { // D25
        machine.map(BASE, 4, RW);
        mapFile(BASE + 4 * PAGE, 4, MAP_SHARED, file);
        machine.populate(BASE, 4);
        assertEquals(4, longterm(4, FOLL_WRITE));
        machine.gup.putPages(task, pages, 4);
        assertEquals(-EOPNOTSUPP, machine.getUserPages(BASE + 4 * PAGE, 4, FOLL_LONGTERM, pages));
    }

    @Test
    void shouldTestTheMappingAndNotThePage() { // D09, D10
        file.allocate(task, 0, 2);
        mapFile(BASE, 2, MAP_PRIVATE, file);
        touch(BASE, 2);
        memory.lruvec().drainAll(task);
        assertEquals(-EOPNOTSUPP, longterm(2, 0), "its own copies, in a mapping of the file");
        assertEquals(2, fast(2, FOLL_LONGTERM | FOLL_WRITE), "the walk sees ordinary pages");
        assertEquals(2, machine.refcount(pages[0]));
        machine.gup.putPages(task, pages, 2);
    }

    @Test
    void shouldRefuseHoles() { // D11
        mapFile(BASE, 2, MAP_SHARED, file);
        assertEquals(-EOPNOTSUPP, longterm(2, 0));
        assertEquals(2, machine.getUserPages(BASE, 2, 0, pages));
        assertEquals(memory.zeroPfn(), pages[0]);
        machine.gup.putPages(task, pages, 2);
    }

    @Test
    void shouldPinADeviceSlowly() { // D16, D17
        final DevPagemap device = memory.devices().get(1);
        try (DaxDevice dax = new DaxDevice("dax0.0", device, PAGE)) {
            mapFile(BASE, 4, MAP_SHARED, dax);
            touch(BASE, 4);
            task.innerCalls().clear();
            assertEquals(4, fast(4, FOLL_LONGTERM | FOLL_WRITE));
            assertEquals("0+4", task.innerCalls().toString());
            assertEquals(device.startPfn() + 3, pages[3]);
            assertEquals(IDLE + 1, machine.refcount(pages[0]));
            machine.gup.putPages(task, pages, 4);
            assertEquals(4, longterm(4, 0));
            machine.gup.putPages(task, pages, 4);
            assertEquals(IDLE, machine.refcount(device.startPfn()));
            machine.mm.munmap(task, BASE, 4 * PAGE);
        }
    }

    @Test
    void shouldPinAFileSystemsPagesWithoutTheConfiguration() {
        file.allocate(task, 0, 2);
        mapFile(BASE, 2, MAP_SHARED, file);
        touch(BASE, 2);
        final GetUserPages plain =
                GetUserPages.builder(memory).configFsDax(false).build();
        machine.mm.mmapReadLock(task);
        assertEquals(2, plain.getUserPages(task, machine.mm, BASE, 2, FOLL_LONGTERM, pages, null));
        machine.mm.mmapReadUnlock(task);
        plain.putPages(task, pages, 2);
        assertIdle(2);
    }

    @Test
    void shouldNotMoveAnythingBeforeItRefuses() {
        machine.lendCma();
        machine.map(BASE, 2, RW);
        machine.populate(BASE, 2);
        assertTrue(fast(2, 0) == 2 && machine.isCma(pages[0]));
        final List<Long> before = List.of(pages[0], pages[1]);
        machine.gup.putPages(task, pages, 2);
        mapFile(BASE + 2 * PAGE, 1, MAP_SHARED, file);
        assertEquals(-EOPNOTSUPP, longterm(3, 0));
        assertEquals(2, fast(2, 0));
        assertEquals(before, List.of(pages[0], pages[1]));
        machine.gup.putPages(task, pages, 2);
        assertEquals(0, machine.count(Counter.MIGRATE_CALLS));
    }
}
