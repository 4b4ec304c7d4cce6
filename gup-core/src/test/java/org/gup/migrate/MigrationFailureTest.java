package org.gup.migrate;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.TestMachine;
import org.gup.page.PageLock;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;

/** A listener hears why a page was not moved, each time it was tried, and the last time that it stays. */
class MigrationFailureTest {
    private static final int PAGES = 6;
    private static final int VICTIM = 2;

    private final List<String> heard = new ArrayList<>();
    private final long[] frames = new long[PAGES];
    private final long[] pinned = new long[PAGES];
    private Runnable whenHeard = () -> {};

    private final class Ear implements MigrationListener {
        @Override
        public void enter(final Task task, final MigrationPhase phase) {
            // Only failures are of interest.
        }

        @Override
        public void notMoved(final Task task, final long pfn, final MigrationFailure cause, final int triesLeft) {
            int index = 0;
            while (index < PAGES && frames[index] != pfn) {
                index++;
            }
            heard.add(index + " " + cause + " " + triesLeft);
            whenHeard.run();
        }
    }

    private TestMachine machine() {
        final TestMachine machine = TestMachine.withCma(kernel -> kernel.migrationListener(new Ear()));
        machine.lendCma();
        machine.map(BASE, PAGES, RW);
        machine.populate(BASE, PAGES);
        machine.memory.lruvec().drainAll(machine.task);
        assertEquals(PAGES, machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, PAGES, true, frames));
        machine.gup.putPages(machine.task, frames, PAGES);
        return machine;
    }

    /** Pins everything; answers how many pages are still in contiguous memory. */
    private int pin(final TestMachine machine) {
        assertEquals(PAGES, machine.getUserPages(BASE, PAGES, FOLL_WRITE | FOLL_LONGTERM, pinned));
        int left = 0;
        for (final long pfn : pinned) {
            left += machine.isCma(pfn) ? 1 : 0;
        }
        machine.gup.putPages(machine.task, pinned, PAGES);
        return left;
    }

    private List<String> tries(final MigrationFailure cause, final int tries) {
        final List<String> expected = new ArrayList<>();
        for (int i = 0; i < tries; i++) {
            expected.add(VICTIM + " " + cause + " " + (MigratePages.PASSES - 1 - i));
        }
        return expected;
    }

    @Test
    void shouldBeSilentAboutPagesThatMove() {
        try (TestMachine machine = machine()) {
            assertEquals(0, pin(machine));
            assertEquals(List.of(), heard);
        }
    }

    @Test
    void shouldTellOfEachOfTenTries() {
        try (TestMachine machine = machine()) {
            final long[] held = {frames[VICTIM]};
            machine.gup.getPages(machine.task, held, 1, 1);
            assertEquals(1, pin(machine));
            assertEquals(tries(MigrationFailure.EXTRA_REFERENCE, 10), heard);
            machine.gup.putPages(machine.task, held, 1);
        }
    }

    @Test
    void shouldTellOfALockUntilItIsFree() {
        try (TestMachine machine = machine()) {
            final long page = machine.memory.memMap().page(frames[VICTIM]);
            assertTrue(PageLock.tryLock(page));
            whenHeard = () -> {
                if (heard.size() == 2) {
                    PageLock.unlock(page);
                }
            };
            assertEquals(0, pin(machine));
            assertEquals(tries(MigrationFailure.LOCKED, 2), heard);
        }
    }

    @Test
    void shouldTellOfAPageThatIsOnNoList() {
        try (TestMachine machine = machine()) {
            assertTrue(machine.memory.lruvec().isolate(frames[VICTIM]));
            assertEquals(1, pin(machine));
            final String once = VICTIM + " " + MigrationFailure.NOT_ISOLATED + " 0";
            assertEquals(
                    List.of(once, once),
                    heard,
                    "in the round that moves the others, and in the one that finds nothing");
            machine.memory.lruvec().putback(machine.task, frames[VICTIM]);
        }
    }

    @Test
    void shouldTellOfWhatWasNotTriedForWantOfMemory() {
        try (TestMachine machine = machine()) {
            machine.task.failNth(FaultPoint.PAGE_ALLOC, 4);
            assertEquals(3, pin(machine));
            assertEquals(List.of("3 NO_MEMORY 0", "4 GIVEN_UP 0", "5 GIVEN_UP 0"), heard);
        }
    }
}
