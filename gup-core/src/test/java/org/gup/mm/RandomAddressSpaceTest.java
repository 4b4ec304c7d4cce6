package org.gup.mm;

import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.PRIVATE;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.page.Pageblock;
import org.gup.pgtable.Pte;
import org.gup.tlb.TlbSync;
import org.gup.zone.MemoryAudit;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random calls and accesses on an address space, compared with a map from page to what it must be. The seed and the step are
 * in every failure; {@code -Dgup.seed=N} adds a run of one's own.
 */
class RandomAddressSpaceTest {
    private static final int STEPS = 3000;
    private static final int REGION_PAGES = 3 * 512;

    /** What a page must be. */
    private static final class Expected {
        int prot;
        boolean huge;
        long value;
        boolean touched;
        boolean written;
    }

    /** A page with a reference of the test's own. */
    private record Pin(long pfn, int offset, long value) {}

    private final Map<Long, Expected> model = new HashMap<>();
    private final List<Pin> pins = new ArrayList<>();
    private MmMachine machine;
    private Random random;
    private long[] regions;
    private boolean huge;

    @ParameterizedTest(name = "{0} levels, huge {1}, seed {2}")
    @CsvSource({
        "4, false, 1, RCU_DEFER",
        "4, false, 2, IPI_WAIT",
        "5, false, 3, RCU_DEFER",
        "4, true, 4, RCU_DEFER",
        "4, true, 5, IPI_WAIT",
        "5, true, 6, RCU_DEFER",
        "5, true, 7, IPI_WAIT",
        "4, true, -1, RCU_DEFER",
    })
    void shouldDoWhatANaiveModelDoes(
            final int levels, final boolean withHugePages, final long givenSeed, final TlbSync sync) {
        final long seed = givenSeed == -1 ? Long.getLong("gup.seed", System.nanoTime()) : givenSeed;
        System.out.println("RandomAddressSpaceTest: levels=" + levels + ", huge=" + withHugePages + ", seed=" + seed);
        random = new Random(seed);
        huge = withHugePages;
        // Across the borders of tables of every level.
        regions = new long[] {
            BASE, BASE + (5L << 30) - HUGE, (100L << 39) - HUGE, levels == 5 ? (3L << 48) - HUGE : (77L << 30) - HUGE
        };
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().normalPages(32768).tlbSync(sync);
        try (MmMachine made = new MmMachine(builder, levels)) {
            machine = made;
            // Execute-only memory is readable.
            machine.mm.setPku(false);
            for (int step = 0; step < STEPS; step++) {
                final String what = "seed=" + seed + ", step=" + step;
                try {
                    step();
                    if (step % 50 == 0) {
                        checkMappings();
                        checkPages();
                    }
                    if (step % 500 == 0) {
                        checkBooks();
                    }
                } catch (final AssertionError | RuntimeException failed) {
                    throw new AssertionError(what + ": " + failed.getMessage(), failed);
                }
            }
            while (!pins.isEmpty()) {
                unpin(0);
            }
            checkBooks();
        }
    }

    private void step() {
        final int dice = random.nextInt(100);
        if (dice < 8) {
            mmap();
        } else if (dice < 14) {
            munmap();
        } else if (dice < 24) {
            mprotect();
        } else if (dice < 30) {
            madvise();
        } else if (dice < 70) {
            store();
        } else if (dice < 92) {
            load();
        } else if (dice < 96 || pins.isEmpty()) {
            pin();
        } else {
            unpin(random.nextInt(pins.size()));
        }
    }

    private long address() {
        return regions[random.nextInt(regions.length)] + random.nextInt(REGION_PAGES) * PAGE;
    }

    private long pages() {
        return switch (random.nextInt(4)) {
            case 0 -> 1;
            case 1 -> 1 + random.nextInt(8);
            case 2 -> 1 + random.nextInt(700);
            default -> 512;
        };
    }

    private int prot() {
        final int[] usual = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ, 0, PROT_WRITE, PROT_EXEC, 7};
        return usual[random.nextInt(usual.length)];
    }

    private long start(final long pages) {
        final long address = address();
        return pages == 512 && random.nextBoolean() ? address & -HUGE : address;
    }

    private void mmap() {
        final long pages = pages();
        final long start = start(pages);
        final int prot = prot();
        assertEquals(start, machine.mm.mmap(machine.task, start, pages * PAGE, prot, PRIVATE | MAP_FIXED));
        for (long i = 0; i < pages; i++) {
            final Expected page = new Expected();
            page.prot = prot;
            model.put(start + i * PAGE, page);
        }
        if (huge && random.nextInt(3) != 0) {
            advise(start, pages, Mman.MADV_HUGEPAGE);
        }
    }

    private void munmap() {
        final long pages = pages();
        final long start = start(pages);
        assertEquals(0, machine.mm.munmap(machine.task, start, pages * PAGE));
        for (long i = 0; i < pages; i++) {
            model.remove(start + i * PAGE);
        }
    }

    private void mprotect() {
        final long pages = pages();
        final long start = start(pages);
        final int prot = prot();
        long changed = 0;
        while (changed < pages && model.containsKey(start + changed * PAGE)) {
            changed++;
        }
        assertEquals(
                changed == pages ? 0 : -Errno.ENOMEM, machine.mm.mprotect(machine.task, start, pages * PAGE, prot));
        for (long i = 0; i < changed; i++) {
            model.get(start + i * PAGE).prot = prot;
        }
    }

    private void madvise() {
        final long pages = pages();
        final int[] advices = {Mman.MADV_HUGEPAGE, Mman.MADV_NOHUGEPAGE, Mman.MADV_DONTNEED, Mman.MADV_DONTNEED};
        advise(start(pages), pages, huge ? advices[random.nextInt(4)] : Mman.MADV_DONTNEED);
    }

    private void advise(final long start, final long pages, final int advice) {
        boolean hole = false;
        for (long i = 0; i < pages; i++) {
            final Expected page = model.get(start + i * PAGE);
            if (page == null) {
                hole = true;
            } else if (advice == Mman.MADV_DONTNEED) {
                page.value = 0;
                page.touched = false;
                page.written = false;
            } else {
                page.huge = advice == Mman.MADV_HUGEPAGE;
            }
        }
        assertEquals(hole ? -Errno.ENOMEM : 0, machine.mm.madvise(machine.task, start, pages * PAGE, advice));
    }

    private void store() {
        final long address = address();
        final Expected page = model.get(address);
        final long value = random.nextLong();
        final boolean permitted = page != null && (page.prot & PROT_WRITE) != 0;
        try {
            machine.store(address + offset(address), value);
            assertTrue(permitted, () -> "a store went through at 0x" + Long.toHexString(address));
            page.value = value;
            page.touched = true;
            page.written = true;
        } catch (final SegmentationFault refused) {
            if (permitted) {
                fail("a store was refused", refused);
            }
        }
    }

    private void load() {
        final long address = address();
        final Expected page = model.get(address);
        final boolean permitted = page != null && page.prot != 0;
        try {
            final long value = machine.load(address + offset(address));
            assertTrue(permitted, () -> "a load went through at 0x" + Long.toHexString(address));
            assertEquals(page.value, value, () -> "at 0x" + Long.toHexString(address));
            page.touched = true;
        } catch (final SegmentationFault refused) {
            if (permitted) {
                fail("a load was refused", refused);
            }
        }
    }

    /** Each page keeps its value at a place of its own. */
    private static int offset(final long address) {
        return (int) (address >>> 12) * 8 & 0xff8;
    }

    private void pin() {
        final long address = address();
        final Expected page = model.get(address);
        if (page != null && page.written) {
            final long pfn = machine.pfn(address);
            machine.get(pfn);
            pins.add(new Pin(pfn, offset(address), page.value));
        }
    }

    private void unpin(final int index) {
        final Pin pin = pins.remove(index);
        machine.put(pin.pfn);
    }

    /** The mappings cover exactly the model's pages, and no two untouched ones could be one. */
    private void checkMappings() {
        long pages = 0;
        VmArea before = null;
        for (final VmArea vma : machine.mm.vmAreas()) {
            assertTrue(vma.start() < vma.end(), vma::toString);
            assertEquals(vma.start() >>> 12, vma.pgoff());
            if (before != null) {
                assertTrue(before.end() <= vma.start(), "overlap: " + before + " and " + vma);
                if (before.end() == vma.start() && before.flags() == vma.flags()) {
                    // Where one was touched first, the other takes over its identity too late to merge.
                    assertNotEquals(0, before.anonVma() | vma.anonVma(), "not merged: " + before + " and " + vma);
                }
            }
            before = vma;
            for (long address = vma.start(); address < vma.end(); address += PAGE) {
                final Expected page = model.get(address);
                assertTrue(page != null, "mapped, but should not be: 0x" + Long.toHexString(address));
                assertEquals(page.prot, vma.flags() & VmFlags.VM_ACCESS_FLAGS, vma::toString);
                assertEquals(page.huge, (vma.flags() & VmFlags.VM_HUGEPAGE) != 0, vma::toString);
                pages++;
            }
        }
        assertEquals(model.size(), pages);
    }

    /** Every entry says what the model says, and every frame holds what it should. */
    private void checkPages() {
        for (final long region : regions) {
            for (long address = region - HUGE; address < region + (REGION_PAGES + 1024) * PAGE; address += PAGE) {
                checkPage(address, model.get(address));
            }
        }
        for (final Pin pin : pins) {
            assertTrue(machine.refcount(pin.pfn) > 0, "a pinned page was freed: pfn=" + pin.pfn);
        }
    }

    private void checkPage(final long address, final Expected page) {
        final String at = "0x" + Long.toHexString(address);
        final boolean hugeMapped = machine.isHuge(address);
        final long entry = hugeMapped ? machine.pmd(address) : machine.pte(address);
        final long pfn = machine.pfn(address);
        if (page == null) {
            assertEquals(0, entry, "an entry without a mapping at " + at);
            return;
        }
        if (!huge) {
            assertEquals(page.touched, pfn >= 0, "presence at " + at);
            assertEquals(page.touched && !page.written, pfn == machine.memory.zeroPfn(), "zero page at " + at);
        } else if (page.written) {
            assertTrue(pfn >= 0, "a written page is gone: " + at);
        }
        if (pfn < 0) {
            return;
        }
        assertEquals(page.prot == 0, Pte.isProtnone(entry), at);
        if (page.prot != 0) {
            assertTrue(Pte.isHardwarePresent(entry), at);
            assertEquals((page.prot & PROT_EXEC) == 0, (entry & Pte.NX) != 0, at);
        }
        if (Pte.isWritable(entry)) {
            assertTrue((page.prot & PROT_WRITE) != 0, "writable at " + at);
        }
        assertEquals(page.value, machine.memory.frames().getLong(pfn, offset(address)), "contents at " + at);
        final boolean counted = machine.memory.memMap().pageblocks().zone(pfn) != Pageblock.NO_ZONE;
        if (counted && (!hugeMapped || page.written)) {
            assertEquals(hugeMapped ? 0 : 1, machine.mapcount(pfn), "map count at " + at);
        }
    }

    /** Pages in use are those that are mapped or pinned, and no others. */
    private void checkBooks() {
        machine.memory.lruvec().drainAll(machine.task);
        final Set<Long> used = new HashSet<>();
        for (final long address : model.keySet()) {
            final long pfn = machine.pfn(address);
            if (pfn >= 0 && pfn != machine.memory.zeroPfn()) {
                used.add(pfn);
            }
        }
        for (final Pin pin : pins) {
            used.add(pin.pfn);
        }
        final MemoryAudit audit = machine.memory.audit();
        assertTrue(audit.balanced(), audit::toString);
        if (!huge) {
            assertEquals(used.size(), audit.referencedPages());
            assertEquals(mappedPages() + pins.size(), audit.references());
        }
    }

    private long mappedPages() {
        return model.keySet().stream()
                .filter(address -> machine.pfn(address) >= 0 && machine.pfn(address) != machine.memory.zeroPfn())
                .count();
    }
}
