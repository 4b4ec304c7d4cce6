package org.gup.bench.migration;

import static org.gup.bench.migration.ScenePages.expect;

import java.util.Arrays;
import java.util.Map;
import org.gup.GetUserPages;
import org.gup.bench.layout.Books;
import org.gup.bench.migration.Scenario.Call;
import org.gup.bench.migration.Scenario.Kind;
import org.gup.migrate.MigratePages;
import org.gup.migrate.MigrationFailure;
import org.gup.page.PageLock;
import org.gup.stat.Counter;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * What keeps a page in contiguous memory although a long-term pin wants it out: one situation after the other, each brought about
 * on purpose. The call succeeds in all of them. Nothing is timed: the numbers are the same on every machine.
 */
public final class WhyPagesStay {
    private static final long AREA_PAGES = 1024;
    private static final int PAGES = 64;
    /** The page that something is done to. */
    private static final int VICTIM = 10;
    /** The frame that cannot be allocated. */
    private static final int FAILING = 33;

    private WhyPagesStay() {}

    /** What is in the way. */
    public enum Situation {
        /** Nothing. */
        NOTHING("nothing in the way", Kind.BASE, PAGES, 0),
        /** Somebody else has a reference to a page, for good. */
        PINNED("one page held by another", Kind.BASE, PAGES, 0),
        /** Somebody else has a reference to a page, and drops it after five tries. */
        PINNED_BRIEFLY("one page held by another, for five tries", Kind.BASE, PAGES, 5),
        /** Somebody else has a reference to a page of a huge page. */
        HUGE_PINNED("a huge page of which another holds one page", Kind.HUGE, 512, 0),
        /** Somebody else has taken a page off the LRU, as compaction does. */
        ISOLATED("one page off the LRU", Kind.BASE, PAGES, 0),
        /** Somebody else has locked a page, and unlocks it after three tries, before it would be waited for. */
        LOCKED("one page locked, for three tries", Kind.BASE, PAGES, 3),
        /** A page is being written to disk, for three tries. */
        WRITEBACK("one page of a file under writeback, for three tries", Kind.FILE, PAGES, 3),
        /** A page of a file was used once before: the call's own use puts it in a pagevec, on its way to the active list. */
        ACTIVATED("one page of a file used before: it waits to be activated", Kind.FILE, PAGES, 0),
        /** There is no frame for one page. */
        NO_MEMORY("no frame for page " + FAILING, Kind.BASE, PAGES, 0),
        /** There is no huge page to move one to. */
        NO_HUGE_MEMORY("no huge page for a huge page, which is split", Kind.HUGE, 512, 0);

        private final String label;
        private final Kind kind;
        private final int pages;
        private final int lastsTries;

        Situation(final String label, final Kind kind, final int pages, final int lastsTries) {
            this.label = label;
            this.kind = kind;
            this.pages = pages;
            this.lastsTries = lastsTries;
        }

        /**
         * What a reader calls it.
         *
         * @return a few words
         */
        public String label() {
            return label;
        }

        /**
         * Pages of the call, all of them in CMA.
         *
         * @return base pages
         */
        public int pages() {
            return pages;
        }
    }

    /**
     * What a call did.
     *
     * @param moved pages that migration moved, a huge page counting once
     * @param leftInCma base pages of the call that are in CMA afterwards
     * @param rounds calls of migrate_pages()
     * @param tries tries that failed, by cause
     * @param stayed pages that stayed, by cause, a huge page counting once
     */
    public record Found(
            long moved, long leftInCma, long rounds, Map<String, Double> tries, Map<String, Double> stayed) {}

    /**
     * Brings a situation about, and makes the call.
     *
     * @param situation what is in the way
     * @return what the call did
     */
    public static Found in(final Situation situation) {
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .normalPages(4096)
                .cma("pins", AREA_PAGES)
                .build()) {
            final Task task = memory.newTask(0);
            final Task other = memory.newTask(1);
            final ScenePages scenePages = new ScenePages(memory, task, other, situation.pages);
            final Scenario scenario = new Scenario(
                    situation.name(), situation.label, Call.SLOW, situation.kind, situation.pages, 100, 0, false);
            scenePages.prepare(scenario);
            final Obstacle obstacle = new Obstacle(situation, memory, task, other, scenePages);
            final GetUserPages gup =
                    GetUserPages.builder(memory).migrationListener(obstacle).build();
            final long[] pages = new long[situation.pages];
            final long movedBefore = task.counters().get(Counter.PGMIGRATE_SUCCESS);
            final long roundsBefore = task.counters().get(Counter.MIGRATE_CALLS);
            scenePages.mm().mmapReadLock(task);
            final long got = gup.getUserPages(
                    task, scenePages.mm(), ScenePages.BASE, situation.pages, scenario.flags(), pages, null);
            scenePages.mm().mmapReadUnlock(task);
            expect(situation + ": pages got", situation.pages, got);
            final long left = Arrays.stream(pages).filter(memory::isCma).count();
            expect(situation + ": pages in CMA", left, (long) obstacle.pagesThatStayed() * situation.kind.unit());
            final Found found = new Found(
                    task.counters().get(Counter.PGMIGRATE_SUCCESS) - movedBefore,
                    left,
                    task.counters().get(Counter.MIGRATE_CALLS) - roundsBefore,
                    obstacle.tries(),
                    obstacle.stayed());
            scenePages.check(scenario);
            gup.putPages(task, pages, situation.pages);
            obstacle.remove();
            scenePages.release(scenario);
            scenePages.mm().close(task);
            Books.check(memory, task, "a pin with " + situation);
            memory.exitTask(task);
            memory.exitTask(other);
            return found;
        }
    }

    /** What is in the way, and goes away after some tries or at the end. */
    private static final class Obstacle extends FailureTally {
        private final Situation situation;
        private final PhysicalMemory memory;
        private final Task task;
        private final Task other;
        private final ScenePages scenePages;
        private final GetUserPages gup;
        private final long victim;
        private boolean present = true;

        Obstacle(
                final Situation situation,
                final PhysicalMemory memory,
                final Task task,
                final Task other,
                final ScenePages scenePages) {
            this.situation = situation;
            this.memory = memory;
            this.task = task;
            this.other = other;
            this.scenePages = scenePages;
            this.gup = new GetUserPages(memory);
            this.victim = situation.kind == Kind.FILE ? cached() : mapped();
            switch (situation) {
                case PINNED, PINNED_BRIEFLY, HUGE_PINNED -> gup.getPages(other, new long[] {victim}, 1, 1);
                case ISOLATED -> expect("isolated", 1, memory.lruvec().isolate(victim) ? 1 : 0);
                case LOCKED ->
                    expect("locked", 1, PageLock.tryLock(memory.memMap().page(victim)) ? 1 : 0);
                case WRITEBACK -> scenePages.file().startWriteback(other, VICTIM);
                case NO_MEMORY -> task.failNth(FaultPoint.PAGE_ALLOC, FAILING);
                case NO_HUGE_MEMORY -> task.failNth(FaultPoint.PAGE_ALLOC, 1);
                case ACTIVATED -> mapped();
                case NOTHING -> present = false;
            }
        }

        /** The victim's pfn; nobody holds it for that, but it was used. */
        private long mapped() {
            final long[] got = new long[1];
            expect(
                    "the page to be disturbed",
                    1,
                    gup.getUserPagesFastOnly(other, scenePages.mm(), ScenePages.address(VICTIM), 1, true, got));
            gup.putPages(other, got, 1);
            return got[0];
        }

        /** The same by the file's cache, without a use. */
        private long cached() {
            final long pfn = scenePages.file().lookup(VICTIM);
            gup.putPages(other, new long[] {pfn}, 1);
            return pfn;
        }

        @Override
        public void notMoved(final Task who, final long pfn, final MigrationFailure cause, final int triesLeft) {
            super.notMoved(who, pfn, cause, triesLeft);
            if (situation.lastsTries > 0 && triesLeft == MigratePages.PASSES - situation.lastsTries) {
                remove();
            }
        }

        void remove() {
            if (!present) {
                return;
            }
            present = false;
            switch (situation) {
                case PINNED, PINNED_BRIEFLY, HUGE_PINNED -> gup.putPages(other, new long[] {victim}, 1);
                case ISOLATED -> memory.lruvec().putback(other, victim);
                case LOCKED -> PageLock.unlock(memory.memMap().page(victim));
                case WRITEBACK -> scenePages.file().endWriteback(other, VICTIM);
                case NO_MEMORY, NO_HUGE_MEMORY -> task.failNth(FaultPoint.PAGE_ALLOC, 0);
                case ACTIVATED, NOTHING -> {}
            }
        }
    }
}
