package org.gup.bench.mutate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.gup.mm.Mman;
import org.gup.mm.SegmentationFault;
import org.gup.mm.UserAccess;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each change alone, in one thread: what it does to pages, and what it leaves as it was. */
class MutatorTest {
    private static final int PAGES = 64;
    private static final int CHANGED = 16;

    private static long[] frames(final SharedSpace space, final Task task) {
        final long[] pages = new long[space.pages()];
        assertEquals(
                space.pages(),
                space.machine()
                        .gup()
                        .getUserPagesUnlocked(task, space.mm(), space.address(0), space.pages(), pages, 0));
        space.machine().gup().putPages(task, pages, pages.length);
        return pages;
    }

    @ParameterizedTest
    @EnumSource(Mutation.class)
    void shouldLeaveEveryStampInPlace(final Mutation mutation) {
        final long seed = Long.getLong("gup.seed", 5);
        try (SharedMachine machine = new SharedMachine()) {
            final Task task = machine.memory().newTask(0);
            machine.preferContiguous(task);
            final SharedSpace space = new SharedSpace(machine, task, PAGES);
            final Mutator mutator = new Mutator(machine, task, new SplittableRandom(seed), true);
            int changed = 0;
            for (int i = 0; i < 20; i++) {
                changed += mutator.apply(mutation, space, CHANGED);
                for (int page = 0; page < PAGES; page++) {
                    assertEquals(
                            space.stampOf(page),
                            UserAccess.load(task, space.mm(), space.address(page)),
                            mutation + ", seed " + seed + ", page " + page);
                }
            }
            assertTrue(changed >= 20 * CHANGED / 2, mutation + ": pages changed: " + changed);
            space.close(task);
            machine.checkBooks(task);
            machine.memory().exitTask(task);
        }
    }

    @Test
    void shouldMoveEveryPageToAnotherFrame() {
        try (SharedMachine machine = new SharedMachine()) {
            final Task task = machine.memory().newTask(0);
            final SharedSpace space = new SharedSpace(machine, task, CHANGED);
            final long[] before = frames(space, task);
            assertEquals(
                    CHANGED,
                    new Mutator(machine, task, new SplittableRandom(1), true).apply(Mutation.MIGRATE, space, CHANGED));
            final long[] after = frames(space, task);
            for (int page = 0; page < CHANGED; page++) {
                assertNotEquals(before[page], after[page], "page " + page);
            }
            space.close(task);
            machine.checkBooks(task);
            machine.memory().exitTask(task);
        }
    }

    @Test
    void shouldMovePagesOutOfTheWayOfAContiguousBlock() {
        try (SharedMachine machine = new SharedMachine()) {
            final Task task = machine.memory().newTask(0);
            machine.preferContiguous(task);
            final SharedSpace space = new SharedSpace(machine, task, PAGES);
            assertTrue(machine.memory().isCma(frames(space, task)[0]), "user pages come from the area");
            final int block = 2048;
            assertEquals(
                    block,
                    new Mutator(machine, task, new SplittableRandom(1), true)
                            .apply(Mutation.CONTIGUOUS, new SharedSpace(machine, task, block), block));
            assertTrue(task.counters().get(Counter.PGMIGRATE_SUCCESS) >= PAGES);
            assertEquals(0, machine.area().usedPages());
            assertEquals(space.stampOf(3), UserAccess.load(task, space.mm(), space.address(3)));
        }
    }

    @Test
    void shouldTakeAMissingPermissionForAFailureOnlyWhenAlone() {
        try (SharedMachine machine = new SharedMachine()) {
            final Task task = machine.memory().newTask(0);
            final SharedSpace space = new SharedSpace(machine, task, CHANGED);
            space.mm().mprotect(task, space.address(0), CHANGED * SharedSpace.PAGE_SIZE, Mman.PROT_READ);
            final Mutator alone = new Mutator(machine, task, new SplittableRandom(1), true);
            assertThrows(SegmentationFault.class, () -> alone.apply(Mutation.DISCARD, space, CHANGED));
            final Mutator among = new Mutator(machine, task, new SplittableRandom(1), false);
            assertEquals(0, among.apply(Mutation.DISCARD, space, CHANGED));
        }
    }

    @Test
    void shouldSayWhatIsStillInUse() {
        try (SharedMachine machine = new SharedMachine()) {
            final Task task = machine.memory().newTask(0);
            final SharedSpace space = new SharedSpace(machine, task, CHANGED);
            final long[] pages = new long[1];
            assertEquals(1, machine.gup().getUserPagesFast(task, space.mm(), space.address(0), 1, 0, pages));
            space.close(task);
            final String told = assertThrows(IllegalStateException.class, () -> machine.checkBooks(task))
                    .getMessage();
            assertTrue(
                    told.startsWith("pages still in use: expected 0, found 1: pfn " + pages[0] + " (references 1,"),
                    told);
        }
    }
}
