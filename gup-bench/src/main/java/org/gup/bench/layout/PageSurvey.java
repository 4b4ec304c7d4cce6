package org.gup.bench.layout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.gup.GetUserPages;
import org.gup.flags.FollFlags;
import org.gup.mm.MmStruct;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;

/**
 * Asks for every page of an address space by itself, and sorts them: those that the lock-free walk takes, those that need the
 * slow path and why, and those that nobody gets and why. The reasons are those of the address space as it was found: first
 * the lock-free walk looks at every page, which changes nothing, then the slow path is asked for every page, which faults
 * pages in.
 *
 * <p>The paths may disagree: the walk sees the entry, the slow path the mapping, and an entry cannot say that a mapping is
 * for writing alone. Such pages are fast ones with an errno.
 *
 * @param groups pages by way and reason, the largest first within a way
 * @param runs ranges in which both calls get every page, ascending; none crosses a mapping
 * @param faults faults that the slow path took
 * @param frameRuns runs of consecutive frames that the pages of the lock-free walk are in, by ascending address
 */
public record PageSurvey(List<Group> groups, List<PageRange> runs, long faults, long frameRuns) {
    /** How a page is got. */
    public enum Way {
        /** By the lock-free walk. */
        FAST,
        /** By the slow path. */
        SLOW,
        /** Not at all. */
        REFUSED
    }

    /**
     * Pages that went the same way for the same reason.
     *
     * @param way the way
     * @param reason why the lock-free walk stopped there; NONE if it did not
     * @param errno what the slow path says; 0 if it gets the page
     * @param pages how many
     * @param where the ranges they are in
     */
    public record Group(Way way, StopReason reason, int errno, long pages, List<String> where) {}

    /**
     * Surveys an address space. Every reference taken is given back.
     *
     * @param process the address space and who asks
     * @param gup the calls
     * @param gupFlags {@code FOLL_*}
     * @return what was found
     */
    public static PageSurvey of(final ModelledProcess process, final GetUserPages gup, final int gupFlags) {
        return new Surveyor(process, gup, gupFlags).survey();
    }

    /**
     * Pages that went one way.
     *
     * @param way the way
     * @return how many
     */
    public long pages(final Way way) {
        return groups.stream()
                .filter(group -> group.way == way)
                .mapToLong(Group::pages)
                .sum();
    }

    /**
     * Pages that both calls get, so that their costs can be compared.
     *
     * @return those of all runs
     */
    public long comparable() {
        return runs.stream().mapToLong(PageRange::pages).sum();
    }

    private record Key(Way way, StopReason reason, int errno) {}

    private static final class Tally {
        private long pages;
        private final Set<String> where = new LinkedHashSet<>();
    }

    /** The two passes. */
    private static final class Surveyor {
        private final ModelledProcess process;
        private final GetUserPages gup;
        private final Task task;
        private final MmStruct mm;
        private final int gupFlags;
        private final long[] pages = new long[1];
        private final Map<Key, Tally> tallies = new LinkedHashMap<>();
        private final List<PageRange> runs = new ArrayList<>();
        private long runStart;
        private long runPages;

        Surveyor(final ModelledProcess process, final GetUserPages gup, final int gupFlags) {
            this.process = process;
            this.gup = gup;
            this.task = process.task();
            this.mm = process.mm();
            this.gupFlags = gupFlags;
        }

        PageSurvey survey() {
            final List<StopReason[]> stops = new ArrayList<>();
            final LockFreeLook look = new LockFreeLook(process, gup, (gupFlags & FollFlags.FOLL_WRITE) != 0);
            for (final PageRange range : process.ranges()) {
                stops.add(look.stops(range));
            }
            final long faultsBefore = faults();
            for (int i = 0; i < stops.size(); i++) {
                askSlowPath(process.ranges().get(i), stops.get(i));
            }
            final long faults = faults() - faultsBefore;
            process.memory().lruvec().drainAll(task);
            final List<Group> groups = tallies.entrySet().stream()
                    .map(entry -> new Group(
                            entry.getKey().way,
                            entry.getKey().reason,
                            entry.getKey().errno,
                            entry.getValue().pages,
                            List.copyOf(entry.getValue().where)))
                    .sorted(Comparator.comparing(Group::way)
                            .thenComparing(
                                    Comparator.comparingLong(Group::pages).reversed()))
                    .toList();
            return new PageSurvey(groups, List.copyOf(runs), faults, look.frameRuns());
        }

        private long faults() {
            return task.counters().get(Counter.PGFAULT);
        }

        private void askSlowPath(final PageRange range, final StopReason[] stops) {
            for (int page = 0; page < stops.length; page++) {
                final long address = range.address(page);
                final StopReason stop = stops[page];
                final long result = gup.getUserPagesUnlocked(task, mm, address, 1, pages, gupFlags);
                gup.putPages(task, pages, (int) Math.max(0, result));
                final int errno = (int) Math.max(0, -result);
                final Way way = stop == StopReason.NONE ? Way.FAST : result == 1 ? Way.SLOW : Way.REFUSED;
                final Tally tally = tallies.computeIfAbsent(new Key(way, stop, errno), key -> new Tally());
                tally.pages++;
                tally.where.add(range.what());
                if (result != 1) {
                    endRun(range);
                } else if (runPages++ == 0) {
                    runStart = address;
                }
            }
            endRun(range);
        }

        private void endRun(final PageRange range) {
            if (runPages > 0) {
                runs.add(new PageRange(runStart, runPages, range.what()));
                runPages = 0;
            }
        }
    }
}
