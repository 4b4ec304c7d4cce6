package org.gup.property;

import static org.gup.flags.FollFlags.FOLL_ANON;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.gup.fast.LeafGuard;
import org.junit.jupiter.api.Test;

/** Each divergence by itself, in the fewest steps; and that what has no name is a failure. */
class DivergenceTest {
    private static final int RW = PROT_READ | PROT_WRITE;

    private static void shows(final Divergence divergence, final Step... steps) {
        shows(Map.of(divergence, 1), steps);
    }

    private static void shows(final Map<Divergence, Integer> divergences, final Step... steps) {
        try (World world = new World(4, LeafGuard.fused())) {
            for (final Step step : List.of(steps)) {
                step.run(world);
            }
            world.finish();
            assertEquals(divergences, world.divergences);
        }
    }

    private static Step get(final int page, final int pages, final int flags) {
        return new Step.Get(0, page, pages, flags, false, 0, false);
    }

    @Test
    void noReadPermission() {
        shows(
                Divergence.NO_READ_PERMISSION,
                new Step.Map(0, 0, 4, RW, false),
                new Step.Write(0, 0, 4, 7, false),
                new Step.Protect(0, 1, 2, PROT_WRITE),
                get(0, 4, 0));
    }

    @Test
    void sigkill() {
        shows(
                Divergence.SIGKILL,
                new Step.Map(0, 0, 4, RW, false),
                new Step.Write(0, 0, 2, 7, false),
                new Step.Get(0, 0, 4, 0, true, 0, false));
    }

    @Test
    void aboveTaskSize() {
        shows(
                Divergence.ABOVE_TASK_SIZE,
                new Step.Map(0, -2, 2, RW, false),
                new Step.Write(0, -2, 2, 7, false),
                get(-2, 3, 0));
    }

    @Test
    void cmaPageLeft() {
        shows(
                Map.of(Divergence.CMA_PAGE_LEFT, 3),
                new Step.Map(0, 0, 3, RW, false),
                new Step.Write(0, 0, 3, 7, true),
                get(0, 3, FOLL_WRITE | FOLL_LONGTERM));
    }

    /** What the slow leg gets is moved: only the pages that the walk took are left in place. */
    @Test
    void cmaPagesOfTheSlowLegAreMoved() {
        shows(
                Map.of(Divergence.CMA_PAGE_LEFT, 1),
                new Step.Map(0, 0, 4, RW, false),
                new Step.Write(0, 0, 1, 7, true),
                new Step.Write(0, 2, 2, 7, true),
                get(0, 4, FOLL_WRITE | FOLL_LONGTERM));
    }

    /** One held page keeps the whole area from being allocated; where it was moved away, the area is there. */
    @Test
    void cmaAllocationBlocked() {
        shows(
                Map.of(Divergence.CMA_PAGE_LEFT, 1, Divergence.CMA_ALLOCATION_BLOCKED, 1),
                new Step.Map(0, 0, 1, RW, false),
                new Step.Write(0, 0, 1, 7, true),
                new Step.Get(0, 0, 1, FOLL_WRITE | FOLL_LONGTERM, false, 0, true),
                new Step.CmaAlloc(1024, 10),
                new Step.Put(0),
                new Step.CmaAlloc(1024, 10));
    }

    @Test
    void longtermDaxPrefix() {
        shows(
                Divergence.LONGTERM_DAX_PREFIX,
                new Step.Map(0, 0, 2, RW, false),
                new Step.Write(0, 0, 2, 7, false),
                new Step.MapFile(0, 2, 2, RW, true, 2, 0),
                new Step.Write(0, 2, 2, 7, false),
                get(0, 4, FOLL_LONGTERM));
    }

    @Test
    void longtermDaxCopied() {
        shows(
                Divergence.LONGTERM_DAX_COPIED,
                new Step.MapFile(0, 0, 2, RW, false, 2, 0),
                new Step.Write(0, 0, 2, 7, false),
                get(0, 2, FOLL_LONGTERM));
    }

    @Test
    void whatHasNoNameShouldFail() {
        try (World world = new World(4, LeafGuard.fused())) {
            new Step.Map(0, 0, 4, RW, false).run(world);
            new Step.Write(0, 0, 4, 7, false).run(world);
            world.fast.space(0).munmap(world.fast.task, world.absolute(2) << 12, 4096);
            final AssertionError failed =
                    assertThrows(AssertionError.class, () -> get(0, 4, 0).run(world));
            assertTrue(failed.getMessage().contains("slow=4, fast=2"), failed.getMessage());
            assertEquals(Map.of(), world.divergences);
        }
    }

    @Test
    void otherContentsShouldFail() {
        try (World world = new World(4, LeafGuard.fused())) {
            new Step.Map(0, 0, 4, RW, false).run(world);
            new Step.Write(0, 0, 4, 7, false).run(world);
            world.slow.store(0, world.absolute(3) << 12, 1);
            final AssertionError failed =
                    assertThrows(AssertionError.class, () -> get(0, 4, 0).run(world));
            assertTrue(failed.getMessage().contains("contents"), failed.getMessage());
        }
    }

    @Test
    void aPageNotGivenBackShouldFail() {
        try (World world = new World(4, LeafGuard.fused())) {
            new Step.Map(0, 0, 4, RW, false).run(world);
            new Step.Write(0, 0, 4, 7, false).run(world);
            world.fast.gup.getPages(world.fast.task, new long[] {world.fast.mapped(0, world.absolute(1) << 12)}, 1, 1);
            final AssertionError failed = assertThrows(AssertionError.class, world::finish);
            assertTrue(failed.getMessage().contains("pages left"), failed.getMessage());
        }
    }

    @Test
    void flagsTheWalkIgnores() {
        shows(
                Divergence.FLAGS_THE_WALK_IGNORES,
                new Step.Map(0, 0, 4, RW, true),
                new Step.Write(0, 0, 4, 7, false),
                get(0, 4, FOLL_ANON));
    }
}
