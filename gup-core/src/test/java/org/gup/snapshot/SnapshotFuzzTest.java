package org.gup.snapshot;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.gup.GetUserPages;
import org.gup.fast.FastWalker;
import org.gup.fast.LeafGuard;
import org.gup.flags.FollFlags;
import org.gup.page.MemMap;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Inputs with bytes changed at random: each is read or refused with a {@link SnapshotException}, and what is read can be
 * enumerated, loaded and walked without touching memory that is not there (bounds checks are on in tests).
 */
@Timeout(120)
final class SnapshotFuzzTest {
    private static final int INPUTS = Integer.getInteger("gup.fuzz", 4000);
    private static final int REAL_EVERY = 10;
    private static final int MOST_OPENED = 300;
    private static final DumpOptions OPTIONS = DumpOptions.DEFAULTS
            .withMaxTables(64)
            .withMaxPages(1 << 20)
            .withMaxVmas(100)
            .withMaxTextBytes(1 << 16);

    private final long seed = Long.getLong("gup.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private int read;
    private int refused;
    private int opened;
    private long gathered;
    private long pinned;

    @Test
    void shouldReadOrRefuseChangedInputsAndWalkWhatItReads() {
        System.out.println("SnapshotFuzzTest: -Dgup.seed=" + seed);
        final List<DumpFiles> real =
                OracleDump.NAMES.stream().map(DumpFiles::of).toList();
        final DumpFiles small = small();
        for (int input = 0; input < INPUTS; input++) {
            final DumpFiles dump = input % REAL_EVERY == 0
                    ? real.get(input / REAL_EVERY % real.size()).copy()
                    : small.copy();
            final String what = "seed " + seed + ", input " + input + ", " + dump.name;
            try {
                damage(dump);
                readAndWalk(dump, input % REAL_EVERY != 0);
            } catch (final SnapshotException expected) {
                final String message = expected.getMessage();
                assertTrue(message.chars().allMatch(c -> c >= ' ' && c <= '~') && message.length() < 600, what);
                refused++;
            } catch (final RuntimeException | Error broken) {
                throw new AssertionError(what, broken);
            }
        }
        System.out.println("SnapshotFuzzTest: " + read + " read, " + refused + " refused, " + opened + " walked, "
                + gathered + " pages gathered, " + pinned + " pinned with faults");
        assertTrue(read > INPUTS / 10 && refused > INPUTS / 4, "read " + read + ", refused " + refused);
        assertTrue(opened > 50 && gathered > 1000, "walked " + opened + ", pages " + gathered);
        assertTrue(pinned > 1000, "pinned " + pinned);
    }

    /** Every kind of entry within few frames, so that it loads quickly and changed frame numbers often hit something. */
    private static DumpFiles small() {
        final DumpFiles dump = DumpFiles.small();
        dump.vma("50000000-50400000 rw-s 00000000 00:06 9 /dev/dax0.0", "rd wr sh mr mw me ms ");
        for (int i = 2; i < 40; i++) {
            dump.entry(DumpFiles.PTE_TABLE, i, (0x102L + i) << 12 | 0x67);
        }
        dump.entry(DumpFiles.PTE_TABLE, 40, 0x140225L);
        dump.entry(DumpFiles.PTE_TABLE, 41, 0x7fffffffffffc08L);
        dump.entry(DumpFiles.PTE_TABLE, 42, 0x1f0000L ^ 0x000ffffffffff120L);
        dump.entry(DumpFiles.PMD_TABLE, 1, 0x4000e7L);
        dump.entry(DumpFiles.PMD_TABLE, 128, 1L << 57 | 0x6000e7L);
        return dump;
    }

    private void damage(final DumpFiles dump) {
        switch (random.nextInt(10)) {
            case 0 -> dump.cr3 = text(dump.cr3);
            case 1 -> dump.maps = text(dump.maps);
            case 2 -> dump.smaps = text(dump.smaps);
            case 3 -> dump.file(dump.tablesName(), bytes(DumpFiles.pack(dump.tables)));
            case 4 -> dump.tables = bytes(dump.tables);
            default -> {
                for (int i = 1 + random.nextInt(3); i > 0; i--) {
                    entry(dump.tables);
                }
            }
        }
    }

    private String text(final String text) {
        return new String(bytes(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    private byte[] bytes(final byte[] bytes) {
        if (random.nextInt(10) == 0) {
            return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        }
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            final int at = random.nextInt(bytes.length);
            bytes[at] = (byte) (random.nextBoolean() ? bytes[at] ^ 1 << random.nextInt(8) : random.nextInt(256));
        }
        return bytes;
    }

    /** Changes a word that is not zero: by a bit, into another word, or altogether. Now and then it makes an entry. */
    private void entry(final byte[] tables) {
        final ByteBuffer words = ByteBuffer.wrap(tables).order(ByteOrder.LITTLE_ENDIAN);
        final int[] used = IntStream.range(0, tables.length / 8)
                .filter(word -> words.getLong(8 * word) != 0)
                .toArray();
        final int at =
                8 * (random.nextInt(10) == 0 ? random.nextInt(tables.length / 8) : used[random.nextInt(used.length)]);
        final long entry = words.getLong(at);
        words.putLong(
                at,
                switch (random.nextInt(6)) {
                    case 0, 1 -> entry ^ 1L << random.nextInt(64);
                    case 2 -> entry ^ 1L << random.nextInt(12);
                    case 3 -> entry ^ (long) random.nextInt(16) << 12;
                    case 4 -> words.getLong(8 * random.nextInt(tables.length / 8));
                    default -> random.nextLong();
                });
    }

    private void readAndWalk(final DumpFiles dump, final boolean small) {
        final PageTableDump loaded = dump.load(small ? OPTIONS.withMaxPages(1 << 11) : OPTIONS);
        read++;
        final List<DumpedLeaf> leaves = new ArrayList<>();
        loaded.leaves().forEach(leaves::add);
        loaded.presentRanges();
        if (small ? opened < MOST_OPENED : random.nextInt(40) == 0) {
            open(loaded, leaves);
        }
    }

    private void open(final PageTableDump loaded, final List<DumpedLeaf> leaves) {
        opened++;
        try (DumpedAddressSpace space = DumpedAddressSpace.open(
                loaded, PhysicalMemory.builder().normalPages(1024).tablePages(16), null)) {
            final PhysicalMemory memory = space.memory();
            final LeafGuard guard = random.nextBoolean() ? LeafGuard.fused() : LeafGuard.checkByCheck();
            final FastWalker walker =
                    new FastWalker(memory.memMap(), memory.tables(), memory.epoch(), memory.devPagemaps(), guard);
            final Task task = memory.newTask(0);
            final GetUserPages gup = new GetUserPages(memory, guard);
            for (final DumpedLeaf leaf : leaves) {
                walk(space, task, walker, leaf.address(), 1 + random.nextInt(4));
            }
            for (int i = 0; i < 200; i++) {
                final long address = random.nextLong() & loaded.geometry().taskSize() - 1 & -4096L;
                walk(space, task, walker, address, 1 + random.nextInt(64));
            }
            // Then with faults, which change the tables.
            for (final DumpedLeaf leaf : leaves) {
                final long[] pages = new long[4];
                final int got = gup.getUserPagesFast(task, space.mm(), leaf.address(), pages.length, flags(), pages);
                gup.putPages(task, pages, Math.max(got, 0));
                pinned += Math.max(got, 0);
            }
            memory.exitTask(task);
        }
    }

    private void walk(
            final DumpedAddressSpace space,
            final Task task,
            final FastWalker walker,
            final long address,
            final int asked) {
        final long left = (space.dump().geometry().taskSize() - address) / 4096;
        final int nrPages = (int) Math.min(asked, left);
        if (nrPages < 1) {
            return;
        }
        final long[] pages = new long[nrPages];
        final int got = walker.walk(task, space.mm().walkRoot(), address, nrPages, flags(), pages);
        final MemMap memMap = space.memory().memMap();
        for (int i = 0; i < got; i++) {
            memMap.put(task, memMap.page(pages[i]), 1);
        }
        gathered += got;
    }

    private int flags() {
        return (random.nextBoolean() ? FollFlags.FOLL_WRITE : 0)
                | (random.nextInt(4) == 0 ? FollFlags.FOLL_LONGTERM : 0);
    }
}
