package org.gup.bench.layout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.gup.GetUserPages;
import org.gup.flags.FollFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;

/**
 * What pinning an address space takes: which way each page goes, asked for by itself. First the lock-free walk looks at all of
 * them, so that the reasons are those of the address space as it was found; then each is asked for by the call that a driver
 * would use.
 *
 * @param rows pages by mapping, way and reason, in the order of the mappings
 * @param asked pages that were asked for; the others are empty ones of the same mappings
 * @param faults faults taken meanwhile, one of which may serve neighbours
 * @param migrated pages moved out of contiguous memory
 */
public record PinSurvey(List<Row> rows, long asked, long faults, long migrated) {
    /** The call that is asked. */
    public enum Call {
        /** {@code get_user_pages_fast()} of 5.2: no look at contiguous memory in the walk. */
        FAST,
        /** The same with that look: what it finds there goes to the slow path. */
        CHECKED,
        /** {@code get_user_pages()}, mmap_sem held. */
        SLOW
    }

    /** How a page is got. */
    public enum Way {
        /** By the lock-free walk. */
        FAST,
        /** By the slow path, without a fault. */
        SLOW,
        /** By a fault. */
        FAULT,
        /** After it was moved out of contiguous memory. */
        MIGRATED,
        /** Not at all. */
        REFUSED
    }

    /**
     * Pages of a mapping that went the same way for the same reason.
     *
     * @param kind of the mapping
     * @param mapping the mapping
     * @param way the way
     * @param reason why the lock-free walk stopped there; NONE if it did not
     * @param errno of a refusal; else 0
     * @param why a few words
     * @param pages how many
     * @param held those of them that are in memory or in swap, of a process; 0 for other layouts
     * @param contiguous those of them that were got where they were, in contiguous memory
     */
    public record Row(
            String kind,
            String mapping,
            Way way,
            StopReason reason,
            int errno,
            String why,
            long pages,
            long held,
            long contiguous) {}

    /**
     * Surveys an address space. Every reference taken is given back; pages that were empty are not any more.
     *
     * @param process the address space and who asks
     * @param gup the calls
     * @param call which
     * @param gupFlags {@code FOLL_*}
     * @return what was found
     */
    public static PinSurvey of(
            final ModelledProcess process, final GetUserPages gup, final Call call, final int gupFlags) {
        return new Surveyor(process, gup, call, gupFlags).survey();
    }

    /**
     * Pages that went one way.
     *
     * @param way the way
     * @return how many
     */
    public long pages(final Way way) {
        return rows.stream().filter(row -> row.way == way).mapToLong(Row::pages).sum();
    }

    /**
     * All pages.
     *
     * @return how many
     */
    public long pages() {
        return rows.stream().mapToLong(Row::pages).sum();
    }

    /**
     * Pages got where they were, in contiguous memory.
     *
     * @return how many
     */
    public long contiguous() {
        return rows.stream().mapToLong(Row::contiguous).sum();
    }

    /**
     * Rows by a name of theirs.
     *
     * @param name which name
     * @return rows of each, the one with the most pages first
     */
    public Map<String, List<Row>> by(final Function<Row, String> name) {
        final Map<String, List<Row>> found = new LinkedHashMap<>();
        rows.forEach(row ->
                found.computeIfAbsent(name.apply(row), key -> new ArrayList<>()).add(row));
        final Map<String, List<Row>> sorted = new LinkedHashMap<>();
        found.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, List<Row>> entry) ->
                        -entry.getValue().stream().mapToLong(Row::pages).sum()))
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }

    private record Key(String kind, String mapping, Way way, StopReason reason, int errno, String why) {}

    private static final class Tally {
        private long pages;
        private long held;
        private long contiguous;
    }

    /** The two passes. */
    private static final class Surveyor {
        private final ModelledProcess process;
        private final GetUserPages gup;
        private final Task task;
        private final MmStruct mm;
        private final Call call;
        private final int gupFlags;
        private final long[] page = new long[1];
        private final Map<Key, Tally> tallies = new LinkedHashMap<>();

        Surveyor(final ModelledProcess process, final GetUserPages gup, final Call call, final int gupFlags) {
            this.process = process;
            this.gup = gup;
            this.task = process.task();
            this.mm = process.mm();
            this.call = call;
            this.gupFlags = gupFlags;
        }

        PinSurvey survey() {
            final LockFreeLook look = new LockFreeLook(process, gup, (gupFlags & FollFlags.FOLL_WRITE) != 0);
            final List<StopReason[]> stops = process.asked().stream()
                    .map(asked -> look.stops(asked.range()))
                    .toList();
            final long faults = task.counters().get(Counter.PGFAULT);
            final long migrated = task.counters().get(Counter.PGMIGRATE_SUCCESS);
            long asked = 0;
            for (int i = 0; i < stops.size(); i++) {
                ask(process.asked().get(i), stops.get(i));
                asked += stops.get(i).length;
            }
            process.memory().lruvec().drainAll(task);
            return new PinSurvey(
                    tallies.entrySet().stream()
                            .map(entry -> row(entry.getKey(), entry.getValue()))
                            .toList(),
                    asked,
                    task.counters().get(Counter.PGFAULT) - faults,
                    task.counters().get(Counter.PGMIGRATE_SUCCESS) - migrated);
        }

        private static Row row(final Key key, final Tally tally) {
            return new Row(
                    key.kind,
                    key.mapping,
                    key.way,
                    key.reason,
                    key.errno,
                    key.why,
                    tally.pages,
                    tally.held,
                    tally.contiguous);
        }

        private void ask(final AskedRange asked, final StopReason[] stops) {
            for (int i = 0; i < stops.length; i++) {
                final long more = i == stops.length - 1 ? asked.pages() - stops.length : 0;
                ask(asked, asked.range().address(i), stops[i], 1 + more);
            }
        }

        private void ask(final AskedRange asked, final long address, final StopReason seen, final long weight) {
            final boolean served = seen != StopReason.NONE && canBeWalked(address);
            final long faults = task.counters().get(Counter.PGFAULT);
            final long migrated = task.counters().get(Counter.PGMIGRATE_SUCCESS);
            final long fast = task.counters().get(Counter.FAST_PAGES);
            final long result = get(address);
            final boolean walked = task.counters().get(Counter.FAST_PAGES) > fast;
            final boolean moved = task.counters().get(Counter.PGMIGRATE_SUCCESS) > migrated;
            final boolean faulted = task.counters().get(Counter.PGFAULT) > faults;
            final boolean contiguous = result == 1 && process.memory().isCma(page[0]);
            gup.putPages(task, page, (int) Math.max(0, result));

            StopReason reason = seen;
            if (seen == StopReason.NONE && call != Call.SLOW && !walked) {
                reason = GetUserPages.lastStop(task);
            }
            final Way way;
            if (result != 1) {
                way = Way.REFUSED;
            } else if (moved) {
                way = Way.MIGRATED;
            } else if (faulted || served || PinReasons.isEmpty(seen)) {
                way = Way.FAULT;
            } else {
                way = walked ? Way.FAST : Way.SLOW;
            }
            final int errno = (int) Math.max(0, -result);
            final String why = way == Way.REFUSED ? whyRefused(address, errno) : why(way, reason);
            final Tally tally = tallies.computeIfAbsent(
                    new Key(asked.range().what(), asked.mapping(), way, reason, errno, why), key -> new Tally());
            tally.pages += weight;
            tally.held += asked.held() ? weight : 0;
            tally.contiguous += contiguous ? weight : 0;
        }

        /** Whether the fault of a neighbour has mapped a page that could not be walked at first. */
        private boolean canBeWalked(final long address) {
            final boolean write = (gupFlags & FollFlags.FOLL_WRITE) != 0;
            final int got = gup.getUserPagesFastOnly(task, mm, address, 1, write, page);
            gup.putPages(task, page, got);
            return got == 1;
        }

        private long get(final long address) {
            if (call != Call.SLOW) {
                return gup.getUserPagesFast(task, mm, address, 1, gupFlags, page);
            }
            mm.mmapReadLock(task);
            try {
                return gup.getUserPages(task, mm, address, 1, gupFlags, page, null);
            } finally {
                mm.mmapReadUnlock(task);
            }
        }

        private String whyRefused(final long address, final int errno) {
            mm.mmapReadLock(task);
            try {
                final VmArea vma = mm.findVma(address);
                final long vmFlags = vma != null && vma.contains(address) ? vma.flags() : 0;
                return PinReasons.refused(errno, vmFlags, gupFlags);
            } finally {
                mm.mmapReadUnlock(task);
            }
        }

        private static String why(final Way way, final StopReason reason) {
            return way == Way.MIGRATED ? "was in contiguous memory" : PinReasons.of(reason);
        }
    }
}
