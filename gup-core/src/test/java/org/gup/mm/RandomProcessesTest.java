package org.gup.mm;

import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.PRIVATE;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.gup.flags.VmFlags;
import org.gup.migrate.MigratePages;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.stat.Counter;
import org.gup.tlb.TlbSync;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random calls on a family of processes, compared with a model that keeps one value for each page of each process: fork, exit,
 * mremap, swap, locks, NUMA hints, merging, splits and migration must not change what anybody reads.
 */
class RandomProcessesTest {
    private static final int STEPS = 6_000;
    private static final int MAX_PROCESSES = 5;
    private static final int REGION_PAGES = 1400;
    private static final Counter[] HAPPENED = {
        Counter.PSWPOUT, Counter.PSWPIN, Counter.PGMIGRATE_SUCCESS, Counter.COW_COPIES, Counter.COW_REUSES
    };

    private static final class Expected {
        int prot = PROT_READ | PROT_WRITE;
        long value;
        /** Where in the page it is: a page that moves takes it along. */
        int offset;
    }

    private static final class Life {
        final MmStruct mm;
        final Map<Long, Expected> pages = new HashMap<>();

        Life(final MmStruct mm) {
            this.mm = mm;
        }
    }

    private final List<Life> processes = new ArrayList<>();
    private MmMachine machine;
    private Random random;
    private boolean huge;

    @ParameterizedTest(name = "huge {0}, seed {1}, {2}")
    @CsvSource({
        "false, 1, RCU_DEFER",
        "false, 2, IPI_WAIT",
        "false, 3, RCU_DEFER",
        "true, 4, RCU_DEFER",
        "true, 5, IPI_WAIT",
        "true, 6, RCU_DEFER",
        "true, -1, RCU_DEFER",
    })
    void shouldReadWhatWasWritten(final boolean withHugePages, final long givenSeed, final TlbSync sync) {
        final long seed = givenSeed == -1 ? Long.getLong("gup.seed", System.nanoTime()) : givenSeed;
        System.out.println("RandomProcessesTest: huge=" + withHugePages + ", seed=" + seed);
        random = new Random(seed);
        huge = withHugePages;
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().normalPages(65536).swapPages(8192).tlbSync(sync);
        try (MmMachine made = new MmMachine(builder, 4)) {
            machine = made;
            processes.add(new Life(machine.mm));
            for (int step = 0; step < STEPS; step++) {
                try {
                    step(processes.get(random.nextInt(processes.size())));
                    if (step % 400 == 399) {
                        checkAll();
                    }
                } catch (final AssertionError | RuntimeException failed) {
                    throw new AssertionError("seed=" + seed + ", step=" + step + ": " + failed.getMessage(), failed);
                }
            }
            checkAll();
            for (final Counter counter : HAPPENED) {
                assertTrue(machine.count(counter) > 0, () -> "never happened: " + counter);
            }
            assertEquals(huge, machine.count(Counter.THP_SPLIT_PAGE) > 0);
            while (processes.size() > 1) {
                exit(1);
            }
        }
    }

    private void step(final Life process) {
        final int dice = random.nextInt(100);
        if (dice < 6) {
            mmap(process);
        } else if (dice < 9) {
            munmap(process);
        } else if (dice < 14) {
            mprotect(process);
        } else if (dice < 16) {
            dontNeed(process);
        } else if (dice < 46) {
            store(process);
        } else if (dice < 66) {
            load(process);
        } else if (dice < 70) {
            fork(process);
        } else if (dice < 73) {
            exit(random.nextInt(processes.size()));
        } else if (dice < 80) {
            mremap(process);
        } else {
            kernel(process, dice);
        }
    }

    /** What changes nothing that a process can see. */
    private void kernel(final Life process, final int dice) {
        final long address = address();
        final long pages = pages();
        if (dice < 85) {
            process.mm.swapOut(machine.task, address, Math.min(pages, 30));
        } else if (dice < 88) {
            process.mm.numaHint(machine.task, address, pages);
        } else if (dice < 90) {
            process.mm.mergeIdentical(machine.task, address, Math.min(pages, 40));
        } else if (dice < 93) {
            process.mm.setLocked(machine.task, address, pages * PAGE, random.nextBoolean() ? VmFlags.VM_LOCKED : 0);
        } else if (dice < 95) {
            final VmArea vma = process.mm.findVma(address);
            if (vma != null && vma.contains(address)) {
                process.mm.splitHugePage(machine.task, vma, address);
            }
        } else {
            for (int i = 0; i < 8; i++) {
                migrate(process, address());
            }
        }
    }

    private void migrate(final Life process, final long address) {
        final long pfn = machine.pfn(process.mm, address);
        if (pfn < 0 || pfn == machine.memory.zeroPfn()) {
            return;
        }
        final MemMap memMap = machine.memory.memMap();
        final long head = memMap.pfn(memMap.head(memMap.page(pfn)));
        machine.drain();
        if (machine.memory.isHugeZeroPfn(head) || !machine.memory.lruvec().isolate(head)) {
            return;
        }
        final boolean file = (machine.flags(head) & PageDescriptor.PG_SWAPBACKED) == 0;
        machine.memory.lruvec().countIsolated(file, 1L << memMap.compoundOrder(head));
        final PageList list = new PageList(memMap);
        list.add(head);
        final MigratePages migrator = new MigratePages(machine.memory, null);
        final int left = migrator.migratePages(
                machine.task,
                list,
                (task, old) -> machine.memory.allocPages(
                        task,
                        memMap.compoundOrder(old) > 0 ? Gfp.GFP_MOVABLE | Gfp.GFP_COMP : Gfp.GFP_MOVABLE,
                        memMap.compoundOrder(old)));
        assertEquals(0, left, "nobody holds it");
    }

    private long address() {
        return BASE - HUGE / 2 + random.nextInt(REGION_PAGES) * PAGE;
    }

    private long pages() {
        return switch (random.nextInt(3)) {
            case 0 -> 1;
            case 1 -> 1 + random.nextInt(20);
            default -> 1 + random.nextInt(600);
        };
    }

    private void mmap(final Life process) {
        final boolean whole = huge && random.nextBoolean();
        final long start = whole ? BASE : address();
        final long pages = whole ? 1024 : pages();
        assertEquals(
                start, process.mm.mmap(machine.task, start, pages * PAGE, PROT_READ | PROT_WRITE, PRIVATE | MAP_FIXED));
        for (long i = 0; i < pages; i++) {
            final Expected page = new Expected();
            page.offset = random.nextInt(512) * 8;
            process.pages.put(start + i * PAGE, page);
        }
        if (whole || (huge && random.nextInt(3) != 0)) {
            assertEquals(0, process.mm.madvise(machine.task, start, pages * PAGE, Mman.MADV_HUGEPAGE));
        }
    }

    private void munmap(final Life process) {
        final long start = address();
        final long pages = pages();
        assertEquals(0, process.mm.munmap(machine.task, start, pages * PAGE));
        for (long i = 0; i < pages; i++) {
            process.pages.remove(start + i * PAGE);
        }
    }

    private void mprotect(final Life process) {
        final long start = address();
        final long pages = pages();
        final int prot = random.nextInt(3) == 0 ? PROT_READ : PROT_READ | PROT_WRITE;
        process.mm.mprotect(machine.task, start, pages * PAGE, prot);
        for (long i = 0; i < pages && process.pages.containsKey(start + i * PAGE); i++) {
            process.pages.get(start + i * PAGE).prot = prot;
        }
    }

    private void dontNeed(final Life process) {
        final long start = address();
        final long pages = pages();
        for (long i = 0; i < pages; i++) {
            final VmArea vma = process.mm.findVma(start + i * PAGE);
            if (vma != null && vma.contains(start + i * PAGE) && (vma.flags() & VmFlags.VM_LOCKED) != 0) {
                return;
            }
        }
        process.mm.madvise(machine.task, start, pages * PAGE, Mman.MADV_DONTNEED);
        for (long i = 0; i < pages; i++) {
            final Expected page = process.pages.get(start + i * PAGE);
            if (page != null) {
                page.value = 0;
            }
        }
    }

    private void store(final Life process) {
        final long address = address();
        final Expected page = process.pages.get(address);
        // Few values, so that there are pages with the same contents.
        final long value = random.nextInt(3);
        final boolean permitted = page != null && (page.prot & PROT_WRITE) != 0;
        try {
            machine.store(process.mm, address + (page == null ? 0 : page.offset), value);
            assertTrue(permitted, () -> "a store went through at 0x" + Long.toHexString(address));
            page.value = value;
        } catch (final SegmentationFault refused) {
            if (permitted) {
                fail("a store was refused", refused);
            }
        }
    }

    private void load(final Life process) {
        final long address = address();
        final Expected page = process.pages.get(address);
        try {
            final long value = machine.load(process.mm, address + (page == null ? 0 : page.offset));
            assertTrue(page != null, () -> "a load went through at 0x" + Long.toHexString(address));
            assertEquals(page.value, value, () -> "at 0x" + Long.toHexString(address));
        } catch (final SegmentationFault refused) {
            if (page != null) {
                fail("a load was refused", refused);
            }
        }
    }

    private void fork(final Life process) {
        if (processes.size() == MAX_PROCESSES) {
            exit(1 + random.nextInt(MAX_PROCESSES - 1));
            return;
        }
        final MmStruct child = process.mm.fork(machine.task);
        assertTrue(child != null, "fork without memory");
        final Life forked = new Life(child);
        process.pages.forEach((address, page) -> {
            final Expected copy = new Expected();
            copy.prot = page.prot;
            copy.value = page.value;
            copy.offset = page.offset;
            forked.pages.put(address, copy);
        });
        processes.add(forked);
    }

    /** The first one stays: closing the machine closes it. */
    private void exit(final int index) {
        if (index > 0) {
            processes.remove(index).mm.close(machine.task);
        }
    }

    private void mremap(final Life process) {
        final long from = address();
        final VmArea vma = process.mm.findVma(from);
        if (vma == null || !vma.contains(from)) {
            return;
        }
        final long oldPages = Math.min(pages(), (vma.end() - from) / PAGE);
        final long newPages = random.nextInt(3) == 0 ? pages() : oldPages;
        long to = address();
        if (huge && random.nextBoolean()) {
            to += (from - to) & (HUGE - 1);
        }
        if (from + oldPages * PAGE > to && to + newPages * PAGE > from) {
            return;
        }
        assertEquals(
                to,
                process.mm.mremap(
                        machine.task,
                        from,
                        oldPages * PAGE,
                        newPages * PAGE,
                        Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED,
                        to));
        final List<Expected> moved = new ArrayList<>();
        for (long i = 0; i < oldPages; i++) {
            moved.add(process.pages.remove(from + i * PAGE));
        }
        for (long i = 0; i < newPages; i++) {
            process.pages.put(to + i * PAGE, i < oldPages ? moved.get((int) i) : grown(moved.get(0)));
        }
    }

    private static Expected grown(final Expected like) {
        final Expected page = new Expected();
        page.prot = like.prot;
        return page;
    }

    private void checkAll() {
        for (final Life process : processes) {
            process.pages.forEach((address, page) -> assertEquals(
                    page.value,
                    machine.load(process.mm, address + page.offset),
                    () -> "process " + processes.indexOf(process) + ", 0x" + Long.toHexString(address)));
            long mapped = 0;
            for (final VmArea vma : process.mm.vmAreas()) {
                mapped += vma.nrPages();
            }
            assertEquals(process.pages.size(), mapped);
        }
        machine.drain();
        checkCounts();
        assertTrue(
                machine.memory.audit().balanced(), () -> machine.memory.audit().toString());
    }

    /** Every page is mapped as often as it says, and referenced by its mappings and the swap cache only. */
    private void checkCounts() {
        final Map<Long, Integer> mappings = new HashMap<>();
        final Map<Long, Integer> references = new HashMap<>();
        for (final Life process : processes) {
            for (final long address : process.pages.keySet()) {
                count(process, address, mappings, references);
            }
        }
        final MemMap memMap = machine.memory.memMap();
        mappings.forEach((pfn, times) -> assertEquals(times, memMap.pteMapcount(pfn), () -> "mappings of " + pfn));
        references.forEach((head, times) -> {
            final int cached = (machine.flags(head) & PageDescriptor.PG_SWAPCACHE) != 0 ? 1 : 0;
            assertEquals(times + cached, machine.refcount(head), () -> "references to " + head);
        });
    }

    private void count(
            final Life process,
            final long address,
            final Map<Long, Integer> mappings,
            final Map<Long, Integer> references) {
        final long pfn = machine.pfn(process.mm, address);
        final MemMap memMap = machine.memory.memMap();
        final long head = pfn < 0 ? -1 : memMap.pfn(memMap.head(memMap.page(pfn)));
        if (pfn < 0 || pfn == machine.memory.zeroPfn() || machine.memory.isHugeZeroPfn(head)) {
            return;
        }
        if (!machine.isHuge(process.mm, address)) {
            mappings.merge(pfn, 1, Integer::sum);
            references.merge(head, 1, Integer::sum);
        } else if ((address & (HUGE - 1)) == 0) {
            references.merge(head, 1, Integer::sum);
        }
    }
}
