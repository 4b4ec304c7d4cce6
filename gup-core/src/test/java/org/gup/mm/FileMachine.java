package org.gup.mm;

import static org.gup.mm.Mman.MAP_FIXED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import org.gup.file.MappedFile;
import org.gup.page.DevPagemap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.pgtable.Pte;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/** A machine whose address space maps files. Closing it unmaps them, closes them, and checks that everything came back. */
final class FileMachine implements AutoCloseable {
    static final long PAGE = MmMachine.PAGE;
    static final long HUGE = MmMachine.HUGE;
    static final long BASE = MmMachine.BASE;
    static final int RW = MmMachine.RW;
    static final int R = Mman.PROT_READ;
    static final int SHARED = Mman.MAP_SHARED;
    static final int PRIVATE = Mman.MAP_PRIVATE;
    static final int FS_DAX_PAGES = 2048;

    final MmMachine machine;
    final MmStruct mm;
    final Task task;
    final PhysicalMemory memory;
    private final Deque<AutoCloseable> files = new ArrayDeque<>();

    FileMachine(final PhysicalMemory.Builder builder) {
        machine = new MmMachine(builder, 4);
        mm = machine.mm;
        task = machine.task;
        memory = machine.memory;
    }

    static FileMachine small() {
        return new FileMachine(PhysicalMemory.builder());
    }

    static FileMachine withDevices() {
        return new FileMachine(PhysicalMemory.builder()
                .device(DevPagemap.Type.FS_DAX, FS_DAX_PAGES)
                .device(DevPagemap.Type.DEVICE_DAX, FS_DAX_PAGES));
    }

    /** The file is closed with the machine. */
    <T extends AutoCloseable> T own(final T file) {
        files.push(file);
        return file;
    }

    long tryMap(final long address, final long pages, final int prot, final int flags, final MappedFile file) {
        return mm.mmapFile(task, address, pages * PAGE, prot, flags | MAP_FIXED, file, 0);
    }

    void map(final long address, final long pages, final int prot, final int flags, final MappedFile file) {
        assertEquals(address, tryMap(address, pages, prot, flags, file));
    }

    int read(final long address) {
        return machine.fault(address, 0);
    }

    int write(final long address) {
        return machine.fault(address, 1);
    }

    long pte(final long address) {
        return machine.pte(address);
    }

    long pmd(final long address) {
        return machine.pmd(address);
    }

    /** A PTE without its frame. */
    long pteBits(final long address) {
        return Pte.bits(machine.pte(address));
    }

    /** A PMD leaf without its frame. */
    long pmdBits(final long address) {
        return Pte.bits(machine.pmd(address));
    }

    long pfn(final long address) {
        return machine.pfn(address);
    }

    /** What a page's flags, counts and map count are, as the recorded kernel shows them. */
    void assertPage(final long address, final int refcount, final int mapcount, final int flags) {
        final long pfn = pfn(address);
        assertTrue(pfn >= 0, () -> "nothing mapped at 0x" + Long.toHexString(address));
        final long headPfn =
                memory.memMap().pfn(memory.memMap().head(memory.memMap().page(pfn)));
        assertEquals(refcount, machine.refcount(pfn), "_refcount");
        assertEquals(mapcount, machine.mapcount(pfn) + machine.compoundMapcount(headPfn), "mapcount");
        assertEquals(Integer.toHexString(flags), Integer.toHexString(machine.flags(headPfn)), "flags");
    }

    void drain() {
        memory.lruvec().drainAll(task);
    }

    boolean isLocked(final long pfn) {
        return (machine.flags(pfn) & PageDescriptor.PG_LOCKED) != 0;
    }

    void lockPage(final long pfn) {
        assertTrue(PageLock.tryLock(memory.memMap().page(pfn)));
    }

    void unlockPage(final long pfn) {
        PageLock.unlock(memory.memMap().page(pfn));
    }

    void unmap(final long address, final long pages) {
        machine.unmap(address, pages);
    }

    @Override
    public void close() {
        assertEquals(0, mm.munmap(task, BASE - (1L << 36), 1L << 40));
        while (!files.isEmpty()) {
            try {
                files.pop().close();
            } catch (final RuntimeException failed) {
                throw failed;
            } catch (final Exception failed) {
                throw new IllegalStateException(failed);
            }
        }
        machine.close();
    }
}
