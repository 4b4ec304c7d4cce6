package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.ENTRIES;

import java.util.List;
import org.gup.mm.MmStruct;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * An address space of a real machine in a model: its tables at the frames where they lay, its entries bit for bit, and a
 * {@code struct page} for every page that they map. What the model allocates lies behind the memory of the dump.
 *
 * <p>References: a page has one for each entry of the dump that maps it; a huge page has them in its head; a device page
 * has its idle one. Special entries have no {@code struct page} behind them that matters. The kernel half of the top table
 * is left empty here, since it points to tables that a dump does not have.
 *
 * <p>Faults: anonymous mappings fault as they do in any address space. A mapping of a file, a device or the kernel's own
 * pages gives SIGBUS where the dump has no page, since the contents are not known. Contents of all dumped pages read as
 * zeroes.
 *
 * <p>Threading: as {@link MmStruct} and {@link PhysicalMemory}; opening and closing are one thread's.
 */
public final class DumpedAddressSpace implements AutoCloseable {
    /** The model's own memory starts at a multiple of this. */
    private static final long ALIGN_PAGES = 1024;

    private final PageTableDump dump;
    private final PhysicalMemory memory;
    private final MmStruct mm;

    private DumpedAddressSpace(final PageTableDump dump, final PhysicalMemory memory, final MmStruct mm) {
        this.dump = dump;
        this.memory = memory;
        this.mm = mm;
    }

    /**
     * Builds the model of a dump, with the defaults of {@link PhysicalMemory.Builder} for the rest of the machine.
     *
     * @param dump the dump
     * @return the address space, to be closed by the caller
     * @throws SnapshotException if the machine has not the memory for it
     */
    public static DumpedAddressSpace open(final PageTableDump dump) {
        return open(dump, PhysicalMemory.builder(), null);
    }

    /**
     * Builds the model of a dump.
     *
     * @param dump the dump
     * @param machine the rest of the machine; what is imported is set here
     * @param facts what is known about the pages besides; null if nothing is
     * @return the address space, to be closed by the caller
     * @throws SnapshotException if the machine has not the memory for it
     * @throws IllegalArgumentException if a number of the machine is out of range
     */
    public static DumpedAddressSpace open(
            final PageTableDump dump, final PhysicalMemory.Builder machine, final @Nullable PageFacts facts) {
        long end = dump.endPfn();
        for (final DumpedDevice device : dump.devices()) {
            end = Math.max(end, device.endPfn());
        }
        end = (end + ALIGN_PAGES - 1) & -ALIGN_PAGES;
        machine.imported(end, dump.tables().pfn(0)).importedZeroPfn(dump.zeroPfn());
        final PhysicalMemory memory;
        try {
            memory = machine.build();
        } catch (final IllegalStateException refused) {
            throw new SnapshotException(dump.name() + ": the memory that the dump needs is refused: got " + end
                    + " pages with tables from pfn "
                    + SnapshotException.hex(dump.tables().pfn(0)));
        }
        boolean opened = false;
        try {
            loadTables(dump, memory.tables());
            StructPages.setUp(dump, memory, end, facts);
            final MmStruct mm = MmStruct.adopt(memory, dump.geometry(), dump.layout(), dump.topPfn());
            final Task task = memory.newTask(0);
            for (final DumpedVma vma : dump.vmas()) {
                mm.mapImported(
                        task,
                        vma.start(),
                        vma.end(),
                        vma.vmFlags(),
                        vma.isAnonymous() ? null : new ImportedFileOps(vma.path()));
            }
            memory.exitTask(task);
            opened = true;
            return new DumpedAddressSpace(dump, memory, mm);
        } finally {
            if (!opened) {
                memory.close();
            }
        }
    }

    private static void loadTables(final PageTableDump dump, final TablePages tables) {
        final TableSet dumped = dump.tables();
        for (int table = 0; table < dumped.size(); table++) {
            final long pfn = dumped.pfn(table);
            final int entries = pfn == dump.topPfn() ? ENTRIES / 2 : ENTRIES;
            for (int index = 0; index < entries; index++) {
                TablePages.storeRelease(tables.address(pfn) + (long) index * Long.BYTES, dumped.entryAt(table, index));
            }
        }
    }

    /**
     * What it was made from.
     *
     * @return the dump
     */
    public PageTableDump dump() {
        return dump;
    }

    /**
     * The memory of the model.
     *
     * @return the memory; tasks come from it
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The address space.
     *
     * @return the address space
     */
    public MmStruct mm() {
        return mm;
    }

    /**
     * What is present in the dump, joined into ranges.
     *
     * @return a list that cannot be changed; what has happened to the model since is not in it
     */
    public List<DumpedRange> presentRanges() {
        return dump.presentRanges();
    }

    /**
     * What the tables map now.
     *
     * @return an enumerator over the model's tables; mmap_sem is held during enumerations
     */
    public LeafEnumerator leaves() {
        return LeafEnumerator.of(mm);
    }

    /** Gives everything back: the address space, then its memory. */
    @Override
    public void close() {
        try {
            mm.close();
        } finally {
            memory.close();
        }
    }
}
