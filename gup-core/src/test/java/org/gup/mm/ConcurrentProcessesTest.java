package org.gup.mm;

import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.gup.GetUserPages;
import org.gup.flags.VmFlags;
import org.gup.migrate.MigratePages;
import org.gup.page.MemMap;
import org.gup.page.PageList;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Threads of one process that write, fork, move, unmap, swap out and migrate memory beside threads that take pages by fast walks:
 * whatever anybody reads was written there, and afterwards every page is back.
 *
 * <p>Each page says in its first word which page it is; that is never changed. Other words belong to one thread each.
 */
@Timeout(180)
class ConcurrentProcessesTest {
    private static final int PAGES = 64;
    private static final int ROUNDS = 1_500;
    private static final int MEMBERS = 7;
    private static final long MARK = 0x5eed_0000_0000L;
    private static final long MOVING = BASE + (2L << 30);
    private static final long UNMAPPED = BASE + (4L << 30);
    private static final long SWAPPED = BASE + (6L << 30);
    private static final long HUGE_PART = BASE + (8L << 30);

    private final AtomicBoolean done = new AtomicBoolean();

    private static void mark(final MmMachine machine, final long base, final int pages) {
        for (int i = 0; i < pages; i++) {
            machine.store(base + i * PAGE, MARK + i);
        }
    }

    @ParameterizedTest
    @EnumSource(TlbSync.class)
    void shouldReadWhatWasWrittenWhateverElseHappens(final TlbSync sync) throws Exception {
        final long seed = Long.getLong("gup.seed", System.nanoTime());
        System.out.println("ConcurrentProcessesTest: sync=" + sync + ", seed=" + seed);
        done.set(false);
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().normalPages(32768).swapPages(512).tlbSync(sync);
        try (MmMachine machine = new MmMachine(builder, 4);
                Crew crew = new Crew(machine, MEMBERS)) {
            machine.map(BASE, PAGES, RW);
            machine.map(MOVING, PAGES, RW);
            machine.map(SWAPPED, PAGES, RW);
            machine.mapHuge(HUGE_PART, 512, RW);
            for (final long base : new long[] {BASE, MOVING, SWAPPED}) {
                mark(machine, base, PAGES);
            }
            mark(machine, HUGE_PART, 512);
            assertEquals(0, machine.mm.changeVmFlags(machine.task, SWAPPED, PAGES * PAGE, VmFlags.VM_DONTCOPY, 0));
            crew.run((task, member) -> {
                try {
                    final Random random = new Random(seed + member);
                    switch (member) {
                        case 0 -> write(machine, task, random, 1);
                        case 1 -> write(machine, task, random, 2);
                        case 2 -> fork(machine, task, random);
                        case 3 -> move(machine, task);
                        case 4 -> unmap(machine, task);
                        case 5 -> take(machine, task, random);
                        default -> displace(machine, task, random);
                    }
                } finally {
                    if (member == 0) {
                        done.set(true);
                    }
                }
            });
            for (int i = 0; i < PAGES; i++) {
                assertEquals(MARK + i, machine.load(BASE + i * PAGE), "seed=" + seed);
                assertEquals(MARK + i, machine.load(SWAPPED + i * PAGE), "seed=" + seed);
            }
        }
    }

    /** Writes words of its own and reads them back, in memory that others share, swap out and migrate. */
    private static void write(final MmMachine machine, final Task task, final Random random, final int word) {
        final long[] bases = {BASE, SWAPPED, HUGE_PART};
        final long[][] last = new long[bases.length][PAGES];
        for (int round = 0; round < ROUNDS * 4; round++) {
            final int which = random.nextInt(bases.length);
            final int page = random.nextInt(PAGES);
            final long address = bases[which] + page * PAGE;
            assertEquals(MARK + page, UserAccess.load(task, machine.mm, address));
            assertEquals(last[which][page], UserAccess.load(task, machine.mm, address + 8L * word), "a store was lost");
            UserAccess.store(task, machine.mm, address + 8L * word, round + 1L);
            last[which][page] = round + 1L;
        }
    }

    private void fork(final MmMachine machine, final Task task, final Random random) {
        while (!done.get()) {
            final MmStruct child = machine.mm.fork(task);
            assertTrue(child != null);
            for (int i = 0; i < 20; i++) {
                final int page = random.nextInt(PAGES);
                final long address = (i % 4 == 0 ? HUGE_PART : BASE) + page * PAGE;
                assertEquals(MARK + page, UserAccess.load(task, child, address));
                final long before = UserAccess.load(task, child, address + 8);
                UserAccess.store(task, child, address + 24, i);
                assertEquals(before, UserAccess.load(task, child, address + 8), "the parent wrote to the child");
                assertEquals(i, UserAccess.load(task, child, address + 24));
            }
            child.close(task);
        }
    }

    private void move(final MmMachine machine, final Task task) {
        long at = MOVING;
        while (!done.get()) {
            final long to = at == MOVING ? MOVING + HUGE - 5 * PAGE : MOVING;
            assertEquals(
                    to,
                    machine.mm.mremap(
                            task, at, PAGES * PAGE, PAGES * PAGE, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, to));
            at = to;
            for (int i = 0; i < PAGES; i += 7) {
                assertEquals(MARK + i, UserAccess.load(task, machine.mm, at + i * PAGE));
            }
        }
    }

    private void unmap(final MmMachine machine, final Task task) {
        while (!done.get()) {
            assertEquals(
                    UNMAPPED, machine.mm.mmap(task, UNMAPPED, PAGES * PAGE, RW, MmMachine.PRIVATE | Mman.MAP_FIXED));
            for (int i = 0; i < PAGES; i++) {
                assertEquals(0, UserAccess.load(task, machine.mm, UNMAPPED + i * PAGE));
                UserAccess.store(task, machine.mm, UNMAPPED + i * PAGE, MARK + i);
            }
            assertEquals(0, machine.mm.munmap(task, UNMAPPED, PAGES * PAGE));
        }
    }

    /** Takes pages by the fast walk, wherever they are: what it gets is a page that says so. */
    private void take(final MmMachine machine, final Task task, final Random random) {
        final GetUserPages gup = new GetUserPages(machine.memory);
        final long[] pages = new long[8];
        final long[] bases = {BASE, MOVING, SWAPPED, HUGE_PART, UNMAPPED};
        while (!done.get()) {
            final int which = random.nextInt(bases.length);
            final int first = random.nextInt(PAGES - 8);
            final boolean write = random.nextBoolean();
            final int got = gup.getUserPagesFastOnly(task, machine.mm, bases[which] + first * PAGE, 8, write, pages);
            for (int i = 0; i < got; i++) {
                final long mark = machine.memory.frames().getLong(pages[i], 0);
                if (which != 4) {
                    assertEquals(MARK + first + i, mark);
                }
                gup.putPage(task, pages[i]);
            }
        }
    }

    /** Swaps out and migrates. */
    private void displace(final MmMachine machine, final Task task, final Random random) {
        final MemMap memMap = machine.memory.memMap();
        final MigratePages migrator = new MigratePages(machine.memory, null);
        while (!done.get()) {
            machine.mm.swapOut(task, SWAPPED + random.nextInt(PAGES) * PAGE, 4);
            machine.mm.numaHint(task, BASE, PAGES);
            final long pfn = machine.pfn((random.nextBoolean() ? BASE : SWAPPED) + random.nextInt(PAGES) * PAGE);
            if (pfn > 0
                    && pfn != machine.memory.zeroPfn()
                    && machine.memory.lruvec().isolate(pfn)) {
                machine.memory.lruvec().countIsolated(false, 1);
                final PageList list = new PageList(memMap);
                list.add(pfn);
                migrator.migratePages(task, list, (who, old) -> machine.memory.allocPages(who, Gfp.GFP_MOVABLE, 0));
                migrator.putbackMovablePages(task, list);
            }
        }
    }
}
