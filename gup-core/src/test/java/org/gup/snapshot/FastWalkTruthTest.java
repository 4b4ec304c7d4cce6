package org.gup.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.gup.fast.FastWalker;
import org.gup.fast.LeafGuard;
import org.gup.flags.FollFlags;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.stat.StopReason;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The fast walk over real tables, page by page and range by range, against what the recorded entries say it must answer.
 * The prediction is made from the numbers of the bits, not with the product's decoder.
 */
final class FastWalkTruthTest {
    private static final int WRITE = FollFlags.FOLL_WRITE;
    private static final int LONGTERM = FollFlags.FOLL_LONGTERM;
    private static final int[] FLAGS = {0, WRITE, LONGTERM, WRITE | LONGTERM};
    private static final int RANDOM_SUBPAGES = 6;
    private static final int RANDOM_RANGES = 1500;
    private static final int MAX_RANGE = 1100;
    private static final StopReason[] EMPTY = {
        StopReason.PTE_NONE, StopReason.PMD_NONE, StopReason.PUD_NONE, StopReason.P4D_NONE, StopReason.PGD_NONE
    };

    private final long seed = Long.getLong("gup.seed", System.nanoTime());

    /** What a walk of one page must give: a frame, or the reason why not. */
    private record Expected(long pfn, StopReason stop) {}

    @ParameterizedTest
    @CsvSource({
        // name, walks per guard; answers over both guards: pages, then stops
        "k612l4-mixed4k, 3408, 3236, 3580",
        "k612l4-huge, 6504, 6360, 6648",
        "k612l5-forkparent, 1512, 1432, 1592",
        "k612l5-mixed4k, 3448, 3308, 3588",
    })
    void shouldGiveTheRecordedFrameOrThePredictedReason(
            final String name, final int walksPerGuard, final long pages, final long stops) {
        System.out.println("FastWalkTruthTest: -Dgup.seed=" + seed);
        final OracleDump oracle = new OracleDump(name);
        final List<Long> addresses = samples(oracle, new Random(seed));
        final long[] counts = new long[2];
        try (DumpedAddressSpace space = open(name)) {
            final Task task = space.memory().newTask(0);
            final int[] before = references(space, oracle);
            for (final LeafGuard guard : List.of(LeafGuard.fused(), LeafGuard.checkByCheck())) {
                final FastWalker walker = walker(space, guard);
                for (final long address : addresses) {
                    for (final int flags : FLAGS) {
                        walkOnePage(space, oracle, task, walker, address, flags, counts);
                    }
                }
            }
            assertEquals(Arrays.toString(before), Arrays.toString(references(space, oracle)), "references");
            space.memory().exitTask(task);
        }
        assertEquals(walksPerGuard, addresses.size() * FLAGS.length, "walks per guard");
        assertEquals(pages + " pages, " + stops + " stops", counts[0] + " pages, " + counts[1] + " stops");
    }

    private void walkOnePage(
            final DumpedAddressSpace space,
            final OracleDump oracle,
            final Task task,
            final FastWalker walker,
            final long address,
            final int flags,
            final long[] counts) {
        final Expected expected = expect(oracle, address, flags, 0);
        final long[] pages = new long[1];
        final int got = walker.walk(task, space.mm().walkRoot(), address, 1, flags, pages);
        final String where = "seed " + seed + ", address 0x" + Long.toHexString(address) + ", flags " + flags;
        assertEquals(expected.stop, task.walkState().stop(), where);
        assertEquals(expected.stop == StopReason.NONE ? 1 : 0, got, where);
        if (got == 1) {
            assertEquals(expected.pfn, pages[0], where);
            assertEquals(oracle.pfn(address), pages[0], where);
            put(space, task, pages, 1);
            counts[0]++;
        } else {
            counts[1]++;
        }
    }

    @ParameterizedTest
    @CsvSource({"k612l4-mixed4k", "k612l4-huge", "k612l5-forkparent", "k612l5-mixed4k"})
    void shouldWalkRangesAsItWalksPages(final String name) {
        System.out.println("FastWalkTruthTest: -Dgup.seed=" + seed);
        final OracleDump oracle = new OracleDump(name);
        final Random random = new Random(seed);
        final long taskSize = (1L << (oracle.levels == 5 ? 56 : 47)) - 4096;
        final Set<Integer> crossed = new TreeSet<>();
        long gathered = 0;
        try (DumpedAddressSpace space = open(name)) {
            final Task task = space.memory().newTask(0);
            final int[] before = references(space, oracle);
            final long[] pages = new long[MAX_RANGE];
            final FastWalker[] walkers = {walker(space, LeafGuard.fused()), walker(space, LeafGuard.checkByCheck())};
            for (int i = 0; i < RANDOM_RANGES; i++) {
                final long start = randomStart(oracle, random);
                final int most = i % 4 == 0 ? MAX_RANGE : 24;
                final int nrPages = (int) Math.min(1 + random.nextInt(most), (taskSize - start) / 4096);
                final int flags = FLAGS[random.nextInt(FLAGS.length)];
                final int got = walkers[i & 1].walk(task, space.mm().walkRoot(), start, nrPages, flags, pages);
                gathered += compareRange(oracle, task, start, nrPages, flags, got, pages);
                noteBorders(start, got, crossed);
                put(space, task, pages, got);
            }
            assertEquals(Arrays.toString(before), Arrays.toString(references(space, oracle)), "references");
            space.memory().exitTask(task);
        }
        assertTrue(gathered > 1000, "pages gathered: " + gathered);
        if (name.endsWith("mixed4k")) {
            assertTrue(crossed.containsAll(List.of(21, 30, 39)), "borders crossed inside one walk: " + crossed);
            assertEquals(oracle.levels == 5, crossed.contains(48), "borders crossed inside one walk: " + crossed);
        }
    }

    private long compareRange(
            final OracleDump oracle,
            final Task task,
            final long start,
            final int nrPages,
            final int flags,
            final int got,
            final long[] pages) {
        final String where = "seed " + seed + ", start 0x" + Long.toHexString(start) + ", nrPages " + nrPages
                + ", flags " + flags + ", got " + got;
        assertTrue(got <= nrPages, where);
        for (int page = 0; page < got; page++) {
            final Expected expected = expect(oracle, start + page * 4096L, flags, 0);
            assertEquals(StopReason.NONE, expected.stop, where + ", page " + page);
            assertEquals(expected.pfn, pages[page], where + ", page " + page);
        }
        final StopReason stop = got == nrPages ? StopReason.NONE : expect(oracle, start + got * 4096L, flags, 0).stop;
        assertEquals(stop, task.walkState().stop(), where);
        assertTrue(got == nrPages || stop != StopReason.NONE, where);
        return got;
    }

    @ParameterizedTest
    @CsvSource({"k612l4-mixed4k", "k612l5-mixed4k"})
    void shouldHeedTheProtectionKeysOfTheEntries(final String name) {
        final OracleDump oracle = new OracleDump(name);
        long refused = 0;
        try (DumpedAddressSpace space = open(name)) {
            final Task task = space.memory().newTask(0);
            // Key 1, of the execute-only mapping: no access. Key 2, of the denied one: no writing.
            final int pkru = 1 << 2 | 1 << 5;
            task.setPkru(pkru);
            for (final LeafGuard guard : List.of(LeafGuard.fused(), LeafGuard.checkByCheck())) {
                final FastWalker walker = walker(space, guard);
                for (final long address : samples(oracle, new Random(1))) {
                    for (final int flags : new int[] {0, WRITE}) {
                        final Expected expected = expect(oracle, address, flags, pkru);
                        final long[] pages = new long[1];
                        final int got = walker.walk(task, space.mm().walkRoot(), address, 1, flags, pages);
                        assertEquals(expected.stop, task.walkState().stop(), () -> "0x" + Long.toHexString(address));
                        put(space, task, pages, got);
                        refused += expected.stop == StopReason.PKEY ? 1 : 0;
                    }
                }
            }
            space.memory().exitTask(task);
        }
        // Eight pages of key 1 for reading, eight of key 2 for writing (those of key 1 are not writable), two guards.
        assertEquals(32, refused);
    }

    /** Base pages all; of a huge leaf the first, the last and some between. */
    private static List<Long> samples(final OracleDump oracle, final Random random) {
        final List<Long> addresses = new ArrayList<>();
        for (final OracleDump.Row row : oracle.rows) {
            if (row.size().equals("4K")) {
                for (long k = 0; k < row.nrPages(); k++) {
                    addresses.add(row.address() + k * 4096);
                }
            } else {
                addresses.add(row.address());
                addresses.add(row.address() + (row.nrPages() - 1) * 4096);
                for (int i = 0; i < RANDOM_SUBPAGES; i++) {
                    addresses.add(row.address() + random.nextInt((int) row.nrPages()) * 4096L);
                }
            }
        }
        return addresses;
    }

    /** Within a row, or a little before or behind it: ranges begin in holes and cross the borders of mappings. */
    private static long randomStart(final OracleDump oracle, final Random random) {
        final OracleDump.Row row = oracle.rows.get(random.nextInt(oracle.rows.size()));
        final long page = (long) random.nextInt((int) row.nrPages()) - random.nextInt(4);
        return Math.max(0, row.address() + page * 4096);
    }

    private static void noteBorders(final long start, final int got, final Set<Integer> crossed) {
        for (final int shift : new int[] {21, 30, 39, 48}) {
            if (got > 1 && start >>> shift != (start + (got - 1) * 4096L) >>> shift) {
                crossed.add(shift);
            }
        }
    }

    private static Expected expect(final OracleDump oracle, final long address, final int flags, final int pkru) {
        final OracleDump.Entry entry = oracle.recorded(address);
        final long raw = entry.raw();
        final int level = entry.level();
        final boolean write = (flags & WRITE) != 0;
        if ((raw & 1) == 0) {
            if (raw == 0) {
                return new Expected(-1, EMPTY[level - 1]);
            }
            return new Expected(-1, (raw & 0x100) != 0 ? StopReason.PROTNONE : StopReason.SWAP);
        }
        if ((raw & 4) == 0) {
            return new Expected(-1, StopReason.NOT_USER);
        }
        if (write && (raw & 2) == 0) {
            return new Expected(-1, StopReason.READ_ONLY);
        }
        final int key = (int) (raw >>> 59) & 15;
        if (((pkru >>> (2 * key)) & (write ? 3 : 1)) != 0) {
            return new Expected(-1, StopReason.PKEY);
        }
        if ((raw & 1L << 57) != 0) {
            if ((flags & LONGTERM) != 0) {
                return new Expected(-1, StopReason.DEVMAP_LONGTERM);
            }
        } else if (level == 1 && (raw & 1 << 9) != 0) {
            return new Expected(-1, StopReason.SPECIAL);
        }
        final long inLeaf = (address & ((1L << (12 + 9 * (level - 1))) - 1)) >>> 12;
        final long mask = level == 1 ? 0x000ffffffffff000L : level == 2 ? 0x000fffffffe00000L : 0x000fffffc0000000L;
        return new Expected(((raw & mask) >>> 12) + inLeaf, StopReason.NONE);
    }

    private static DumpedAddressSpace open(final String name) {
        return DumpedAddressSpace.open(
                DumpFiles.of(name).load(),
                PhysicalMemory.builder().normalPages(1024).tablePages(64),
                new OracleDump(name).facts());
    }

    private static FastWalker walker(final DumpedAddressSpace space, final LeafGuard guard) {
        final PhysicalMemory memory = space.memory();
        return new FastWalker(memory.memMap(), memory.tables(), memory.epoch(), memory.devPagemaps(), guard);
    }

    private static void put(final DumpedAddressSpace space, final Task task, final long[] pages, final int nrPages) {
        final MemMap memMap = space.memory().memMap();
        for (int i = 0; i < nrPages; i++) {
            memMap.put(task, memMap.page(pages[i]), 1);
        }
    }

    /** Reference counts of every frame that the truth names and the model has. */
    private static int[] references(final DumpedAddressSpace space, final OracleDump oracle) {
        final MemMap memMap = space.memory().memMap();
        return oracle.rows.stream()
                .filter(row -> row.pfn() >= 0)
                .flatMapToInt(row -> LongStream.range(row.pfn(), row.pfn() + row.nrPages())
                        .mapToInt(pfn -> PageRef.countVolatile(memMap.page(pfn))))
                .toArray();
    }
}
