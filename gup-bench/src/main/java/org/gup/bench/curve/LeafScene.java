package org.gup.bench.curve;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.gup.bench.layout.Books;
import org.gup.file.DaxDevice;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.DevPagemap;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/** 512 pages behind each kind of leaf, all there and writable: got to be read and to be written, the fast and the slow way. */
final class LeafScene implements Scene {
    /** Family: what maps the pages. */
    static final String LEAF = "leaf";

    /** Pages of a call. */
    static final List<Integer> PAGES_PER_CALL = List.of(1, 8, 64, 512);

    private static final int PAGES = 512;
    private static final long BASE = 0x20_0000_0000L;
    private static final long REGION = 1L << 30;
    private static final long PAGE_SIZE = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private final PhysicalMemory memory;
    private final Task task;
    private final MmStruct mm;
    private final DaxDevice device;

    LeafScene() {
        memory = PhysicalMemory.builder()
                .normalPages(8192)
                .device(DevPagemap.Type.DEVICE_DAX, PAGES)
                .build();
        task = memory.newTask(0);
        mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        device = new DaxDevice("dax", memory.devices().get(0), PAGES * PAGE_SIZE);
        for (final Leaf leaf : Leaf.values()) {
            map(leaf);
        }
        memory.lruvec().drainAll(task);
    }

    @SuppressWarnings("EnumOrdinal") // a place in an address space of this class
    private static long region(final Leaf leaf) {
        return BASE + leaf.ordinal() * REGION;
    }

    private void map(final Leaf leaf) {
        final long at = region(leaf);
        final long length = PAGES * PAGE_SIZE;
        final long mapped = leaf == Leaf.DEVICE
                ? mm.mmapFile(task, at, length, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, device, 0)
                : mm.mmap(task, at, length, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED);
        require(leaf, "mmap", at, mapped);
        if (leaf == Leaf.HUGE || leaf == Leaf.PTE_MAPPED_HUGE) {
            require(leaf, "madvise", 0, mm.madvise(task, at, length, Mman.MADV_HUGEPAGE));
        }
        for (int page = 0; page < PAGES; page++) {
            UserAccess.store(task, mm, at + page * PAGE_SIZE, page);
        }
        if (leaf == Leaf.PTE_MAPPED_HUGE) {
            mm.mmapReadLock(task);
            final boolean split = mm.splitHugePmd(task, Objects.requireNonNull(mm.findVma(at)), at);
            mm.mmapReadUnlock(task);
            require(leaf, "splitHugePmd", 1, split ? 1 : 0);
        }
    }

    private static void require(final Leaf leaf, final String call, final long expected, final long found) {
        if (expected != found) {
            throw new IllegalStateException(call + " for " + leaf + ": expected " + expected + ", found " + found);
        }
    }

    /** Every point. */
    static List<CurveCase> cases() {
        final List<CurveCase> cases = new ArrayList<>();
        for (final Leaf leaf : Leaf.values()) {
            for (final boolean slow : new boolean[] {false, true}) {
                for (final boolean write : new boolean[] {false, true}) {
                    PAGES_PER_CALL.forEach(pages -> cases.add(point(leaf, slow, write, pages)));
                }
            }
        }
        return cases;
    }

    private static CurveCase point(final Leaf leaf, final boolean slow, final boolean write, final int pages) {
        final String way = slow ? "slow" : "fast";
        final String access = write ? "write" : "read";
        return new CurveCase(
                LEAF,
                leaf.id() + "-" + way + "-" + access,
                Integer.toString(pages),
                leaf.label() + " x " + pages + ", " + way + ", " + access,
                pages,
                write);
    }

    @Override
    public List<Probe> probes() {
        final List<Probe> probes = new ArrayList<>();
        for (final Leaf leaf : Leaf.values()) {
            final SweepProbe.Range range = new SweepProbe.Range(memory, task, mm, region(leaf), PAGES);
            for (final boolean slow : new boolean[] {false, true}) {
                for (final boolean write : new boolean[] {false, true}) {
                    for (final int pages : PAGES_PER_CALL) {
                        probes.add(new SweepProbe(
                                point(leaf, slow, write, pages), range, slow, repeats(leaf, slow, pages)));
                    }
                }
            }
        }
        return probes;
    }

    /** Enough to be timed: some ten microseconds. */
    private static int repeats(final Leaf leaf, final boolean slow, final int pages) {
        if (slow) {
            return 1;
        }
        return leaf == Leaf.HUGE ? Math.max(2, pages / 8) : 4;
    }

    @Override
    public void close() {
        mm.close(task);
        device.close();
        Books.close(memory, List.of(task), "the leaves");
    }
}
