package org.gup.fast;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.gup.TestMachine;
import org.gup.page.DevPagemap;
import org.gup.page.Migratetype;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.StopReason;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What each {@link LongtermCheck} takes and leaves, in both shapes. */
class LongtermCheckTest {
    private static final int PAGES = 700;

    private final long[] pages = new long[1024];

    static Stream<Arguments> guards() {
        return Stream.of(LongtermCheck.values())
                .flatMap(check -> Stream.of(LeafGuard.fused(check), LeafGuard.checkByCheck(check))
                        .map(guard -> Arguments.of(check, guard)));
    }

    private int walk(final TestMachine machine, final LeafGuard guard, final int nrPages, final int flags) {
        final PhysicalMemory memory = machine.memory;
        return new FastWalker(memory.memMap(), memory.tables(), memory.epoch(), memory.devPagemaps(), guard)
                .walk(machine.task, machine.mm.walkRoot(), BASE, nrPages, flags, pages);
    }

    /** Makes the pageblock of a page CMA, pages in use included; answers how many of the range's pages come before it. */
    private static int makeCma(final TestMachine machine, final int page) {
        final long block = pfn(machine, page) & -Pageblock.PAGES;
        assertTrue(machine.memory.isolation().start(machine.task, block, block + Pageblock.PAGES, Migratetype.MOVABLE));
        assertTrue(machine.memory.isolation().undo(machine.task, block, block + Pageblock.PAGES, Migratetype.CMA));
        int before = 0;
        while (!machine.memory.isCma(pfn(machine, before))) {
            before++;
        }
        return before;
    }

    private static long pfn(final TestMachine machine, final int page) {
        return Pte.pfn(machine.entry(BASE + page * TestMachine.PAGE, 1));
    }

    private static boolean looksForCma(final LongtermCheck check) {
        return check == LongtermCheck.CMA_IN_WALK || check == LongtermCheck.CMA_SECOND_PASS;
    }

    private void assertHeld(final TestMachine machine, final int got) {
        for (int i = 0; i < PAGES; i++) {
            assertEquals(i < got ? 2 : 1, machine.refcount(pfn(machine, i)), "count of page " + i);
        }
        machine.gup.putPages(machine.task, pages, got);
    }

    @ParameterizedTest
    @MethodSource("guards")
    void shouldStopAtCmaPagesIfItLooksForThem(final LongtermCheck check, final LeafGuard guard) {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, PAGES, RW);
            machine.populate(BASE, PAGES);
            final int before = makeCma(machine, 600);
            assertTrue(before > 0 && before <= 600, "pages before the block: " + before);

            assertEquals(PAGES, walk(machine, guard, PAGES, FOLL_WRITE), "without the flag");
            assertHeld(machine, PAGES);

            final int got = walk(machine, guard, PAGES, FOLL_WRITE | FOLL_LONGTERM);
            assertEquals(looksForCma(check) ? before : PAGES, got);
            assertEquals(
                    looksForCma(check) ? StopReason.CMA_LONGTERM : StopReason.NONE,
                    machine.task.walkState().stop());
            assertHeld(machine, got);
        }
    }

    @ParameterizedTest
    @MethodSource("guards")
    void shouldStopAtHugeLeavesOfCma(final LongtermCheck check, final LeafGuard guard) {
        try (TestMachine machine = TestMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            final long head = Pte.hugePfn(machine.entry(BASE, 2), 2);
            assertTrue(machine.memory.isolation().start(machine.task, head, head + 512, Migratetype.MOVABLE));
            assertTrue(machine.memory.isolation().undo(machine.task, head, head + 512, Migratetype.CMA));

            final int got = walk(machine, guard, 512, FOLL_LONGTERM);
            assertEquals(looksForCma(check) ? 0 : 512, got);
            assertEquals(1 + got, PageRef.countVolatile(machine.memory.memMap().page(head)));
            machine.gup.putPages(machine.task, pages, got);
        }
    }

    @ParameterizedTest
    @MethodSource("guards")
    void shouldStopAtDevicePagesIfItKnowsTheFlag(final LongtermCheck check, final LeafGuard guard) {
        final PhysicalMemory.Builder builder = PhysicalMemory.builder().device(DevPagemap.Type.FS_DAX, 512);
        try (TestMachine machine = new TestMachine(builder, 4, LeafGuard.fused())) {
            machine.map(BASE, 3, RW);
            machine.populate(BASE, 3);
            final long device = machine.memory.devices().get(0).startPfn();
            final long entryAddress = machine.entryAddress(BASE + TestMachine.PAGE, 1);
            final long before = TablePages.entryAcquire(entryAddress);
            TablePages.getAndSet(
                    entryAddress, Pte.of(device, Pte.bits(before) | Pte.SPECIAL | PteLayout.V5_2.devmap()));

            assertEquals(check == LongtermCheck.NONE ? 3 : 1, walk(machine, guard, 3, FOLL_LONGTERM));
            assertEquals(check == LongtermCheck.NONE ? 2 : 1, machine.refcount(device));
            machine.gup.putPages(machine.task, pages, check == LongtermCheck.NONE ? 3 : 1);
            assertEquals(3, walk(machine, guard, 3, 0));
            machine.gup.putPages(machine.task, pages, 3);
            TablePages.getAndSet(entryAddress, before);
        }
    }
}
