package org.gup.bench.paired;

import org.gup.file.DaxFile;
import org.gup.mm.AddressSpaceBuilder;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.DevPagemap;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/** What the paired walks walk over: pages of 4 KiB, all of them there and writable. */
public enum Ground {
    /** Anonymous pages. */
    ORDINARY("ordinary pages") {
        @Override
        PhysicalMemory memory(final int pages) {
            return PhysicalMemory.builder().normalPages(4L * pages).build();
        }

        @Override
        Built build(final PhysicalMemory memory, final Task task, final int pages) {
            final MmStruct mm = AddressSpaceBuilder.on(memory, task)
                    .anonymous(START, pages, Mman.PROT_READ | Mman.PROT_WRITE)
                    .populate()
                    .build();
            return new Built(mm, () -> {});
        }
    },
    /** A file of a DAX file system, mapped shared: every entry has the DEVMAP bit. */
    DEVICE("device pages (FS-DAX)") {
        @Override
        PhysicalMemory memory(final int pages) {
            return PhysicalMemory.builder()
                    .normalPages(4096)
                    .device(DevPagemap.Type.FS_DAX, pages + 1024L)
                    .build();
        }

        @Override
        Built build(final PhysicalMemory memory, final Task task, final int pages) {
            final DevPagemap device = memory.devices().get(0);
            // One page off: no part of the file can be mapped by a huge entry.
            final DaxFile file = new DaxFile(memory, "pmem", device, device.startPfn() + 1, pages * PAGE_SIZE);
            final MmStruct mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
            final long mapped = mm.mmapFile(
                    task,
                    START,
                    pages * PAGE_SIZE,
                    Mman.PROT_READ | Mman.PROT_WRITE,
                    Mman.MAP_SHARED | Mman.MAP_FIXED,
                    file,
                    0);
            if (mapped != START) {
                throw new IllegalStateException("mmap of the DAX file: " + mapped);
            }
            for (int page = 0; page < pages; page++) {
                UserAccess.store(task, mm, START + page * PAGE_SIZE, page);
            }
            return new Built(mm, file::close);
        }
    };

    /** Where the pages are mapped. */
    static final long START = 0x10_0000_0000L;

    /** Bytes of a page. */
    static final long PAGE_SIZE = 4096;

    private final String label;

    Ground(final String label) {
        this.label = label;
    }

    /**
     * What a reader calls it.
     *
     * @return a few words
     */
    public String label() {
        return label;
    }

    /**
     * An address space with all pages populated from {@link #START} on.
     *
     * @param mm the address space
     * @param release lets go of what was mapped, after the address space is closed
     */
    record Built(MmStruct mm, Runnable release) {}

    /** A machine with room for so many pages. */
    abstract PhysicalMemory memory(int pages);

    /** Maps and populates pages. */
    abstract Built build(PhysicalMemory memory, Task task, int pages);
}
