package org.gup.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.gup.GetUserPages;
import org.gup.flags.Errno;
import org.gup.flags.FollFlags;
import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The calls over real tables: fast and slow name the frames that the kernel named, and nothing is faulted in for that. */
final class FacadeTruthTest {
    private static final int MOST_PAGES = 4096;

    @ParameterizedTest
    @CsvSource({
        // name, flags, pages that both name: of anonymous mappings, of others
        "k612l4-mixed4k, 0, 235, 332",
        "k612l4-mixed4k, 1, 179, 55",
        "k612l4-huge, 0, 4681, 8436",
        "k612l4-huge, 1, 3145, 6667",
        "k612l5-forkparent, 0, 602, 692",
        "k612l5-forkparent, 1, 38, 18",
        "k612l5-mixed4k, 0, 244, 332",
        "k612l5-mixed4k, 1, 188, 55",
    })
    void shouldNameTheSameFramesFastAndSlow(
            final String name, final int flags, final long anonymous, final long others) {
        final OracleDump oracle = new OracleDump(name);
        final long[] counts = new long[2];
        try (DumpedAddressSpace space = open(name)) {
            final GetUserPages gup = new GetUserPages(space.memory());
            final Task task = space.memory().newTask(0);
            for (final DumpedRange range : space.presentRanges()) {
                final DumpedVma vma = range.vma();
                final boolean allowed = (vma.vmFlags() & VmFlags.VM_READ) != 0
                        && !vma.mayHideFrames()
                        && (flags == 0 || range.writable());
                if (allowed) {
                    counts[vma.isAnonymous() ? 0 : 1] += compare(space, oracle, gup, task, range, flags);
                }
            }
            assertEquals(0, task.counters().get(Counter.PGFAULT), "faults");
            space.memory().exitTask(task);
        }
        assertEquals(Arrays.toString(new long[] {anonymous, others}), Arrays.toString(counts));
    }

    private static int compare(
            final DumpedAddressSpace space,
            final OracleDump oracle,
            final GetUserPages gup,
            final Task task,
            final DumpedRange range,
            final int flags) {
        final int nrPages = (int) Math.min(range.nrPages(), MOST_PAGES);
        final MemMap memMap = space.memory().memMap();
        final long[] expected = new long[nrPages];
        final int[] before = new int[nrPages];
        for (int i = 0; i < nrPages; i++) {
            expected[i] = oracle.pfn(range.startVa() + i * 4096L);
            before[i] = PageRef.countVolatile(memMap.head(memMap.page(expected[i])));
        }
        final long[] fast = new long[nrPages];
        assertEquals(
                nrPages,
                gup.getUserPagesFast(task, space.mm(), range.startVa(), nrPages, flags, fast),
                range::toString);
        assertArrayEquals(expected, fast, range::toString);

        final long[] slow = new long[nrPages];
        space.mm().mmapReadLock(task);
        assertEquals(
                nrPages,
                gup.getUserPages(task, space.mm(), range.startVa(), nrPages, flags | FollFlags.FOLL_GET, slow, null),
                range::toString);
        space.mm().mmapReadUnlock(task);
        assertArrayEquals(expected, slow, range::toString);

        gup.putPages(task, fast, nrPages);
        gup.putPages(task, slow, nrPages);
        for (int i = 0; i < nrPages; i++) {
            assertEquals(before[i], PageRef.countVolatile(memMap.head(memMap.page(expected[i]))), range::toString);
        }
        return nrPages;
    }

    @Test
    void shouldAnswerForTheSpecialMappingsAsTheKernelDoes() {
        try (DumpedAddressSpace space = open("k612l4-mixed4k")) {
            final GetUserPages gup = new GetUserPages(space.memory());
            final Task task = space.memory().newTask(0);
            final long[] pages = new long[4];
            // devmem_lowram and devmem_ioapic: PFNMAP. anon_prot_none_written. A hole.
            assertEquals(-Errno.EFAULT, gup.getUserPagesFast(task, space.mm(), 0x140000000L, 4, 0, pages));
            assertEquals(-Errno.EFAULT, gup.getUserPagesFast(task, space.mm(), 0x140100000L, 1, 0, pages));
            assertEquals(-Errno.EFAULT, gup.getUserPagesFast(task, space.mm(), 0x100500000L, 4, 0, pages));
            assertEquals(-Errno.EFAULT, gup.getUserPagesFast(task, space.mm(), 0x100040000L, 4, 0, pages));
            // ashared_half: two pages are there, what follows is a file's.
            assertEquals(2, gup.getUserPagesFast(task, space.mm(), 0x110106000L, 4, 0, pages));
            gup.putPages(task, pages, 2);
            // anon_wonly: the entry can be read, the mapping cannot.
            assertEquals(4, gup.getUserPagesFast(task, space.mm(), 0x1007c0000L, 4, 0, pages));
            gup.putPages(task, pages, 4);
            // anon_rw_untouched: faulted in, from the model's own memory.
            assertEquals(4, gup.getUserPagesFast(task, space.mm(), 0x100200000L, 4, FollFlags.FOLL_WRITE, pages));
            gup.putPages(task, pages, 4);
            // Those four, and the one of the file that ended in SIGBUS.
            assertEquals(5, task.counters().get(Counter.PGFAULT));
            space.memory().exitTask(task);
        }
    }

    private static DumpedAddressSpace open(final String name) {
        return DumpedAddressSpace.open(
                DumpFiles.of(name).load(),
                PhysicalMemory.builder().normalPages(1024).tablePages(64),
                new OracleDump(name).facts());
    }
}
