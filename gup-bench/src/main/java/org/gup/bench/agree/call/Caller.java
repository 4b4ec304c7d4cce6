package org.gup.bench.agree.call;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.gup.GetUserPages;
import org.gup.MmPopulate;
import org.gup.bench.agree.scene.Stage;
import org.gup.bench.agree.truth.FrameState;
import org.gup.bench.agree.truth.PageState;
import org.gup.bench.agree.truth.RecordedCall;
import org.gup.flags.FollFlags;
import org.gup.flags.VmFault;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Makes a recorded call on a stage and notes what a probe in the kernel noted: the result, the inner slow calls, faults,
 * migrations, drains, warnings, what became of mmap_sem, and every listed page before and after.
 *
 * <p>Not thread-safe; for one call.
 */
public final class Caller {
    /** Longer than any call that the kernel grants an array of mappings; a Java array has an end anyway. */
    private static final long LONGEST_ARRAY = 1L << 21;
    /** Slow calls that the recording shows. */
    private static final int SHOWN = 4;

    private final Stage stage;
    private final RecordedCall recorded;
    private final Task task;
    private final MmStruct mm;
    private final GetUserPages gup;
    private final long start;
    private final long nr;
    private final int flags;
    private final List<Long> held = new ArrayList<>();
    private final Map<String, String> notes = new HashMap<>();
    /** Whether fixup_user_fault() kept mmap_sem throughout; it always holds it when it returns. */
    private boolean lockKept = true;

    private Caller(final Stage stage) {
        this.stage = stage;
        this.recorded = stage.recorded();
        this.task = stage.task();
        this.mm = stage.mm();
        this.gup = stage.gup();
        this.start = recorded.address();
        this.nr = recorded.nr().startsWith("-") ? Long.parseLong(recorded.nr()) : Long.parseUnsignedLong(recorded.nr());
        this.flags = recorded.rawFlags();
    }

    /**
     * Makes the call.
     *
     * @param stage a scene that is set
     * @return what was seen
     */
    public static Observed call(final Stage stage) {
        return new Caller(stage).observe();
    }

    private Observed observe() {
        if (stage.drains()) {
            stage.memory().lruvec().drainAll(task);
        }
        final Probe probe = new Probe(stage, recorded.listed(), recorded.listedPages());
        final long[] frames = probe.frames();
        final List<PageState> before = probe.states(frames);
        gup.resetWarnings();
        final String result = make();
        stage.endCall();
        final List<PageState> after = probe.states(frames);
        final Observed observed = new Observed(result, pinned(), notes, before, after, cma(before), cma(after));
        held.forEach(pfn -> gup.putPage(task, pfn));
        return observed;
    }

    /** The recording's driver kept as many pages of a user's as it had asked for. */
    private int pinned() {
        return switch (recorded.call()) {
            case "vmsplice", "io_uring_register_buffers" -> (int) Math.min(held.size(), Math.max(0, nr));
            default -> held.size();
        };
    }

    private static int cma(final List<PageState> states) {
        int pages = 0;
        for (final PageState state : states) {
            final FrameState frame = state.frame();
            if (frame != null && frame.place() == FrameState.Place.CMA) {
                pages++;
            }
        }
        return pages;
    }

    private String make() {
        return switch (recorded.call()) {
            case "get_user_pages",
                    "get_user_pages_locked",
                    "get_user_pages_unlocked",
                    "get_user_pages_remote",
                    "get_user_pages_fast",
                    "__get_user_pages_fast",
                    "follow_page",
                    "fixup_user_fault",
                    "get_dump_page",
                    "populate_vma_page_range",
                    "__mm_populate" -> String.valueOf(counted());
            default -> String.valueOf(new Users(stage, held, notes, start, nr).make());
        };
    }

    /** A call that the recording's probes watched: with the counters of what happened inside. */
    private long counted() {
        final boolean holdsMmapSem = switch (recorded.call()) {
            case "get_user_pages",
                    "get_user_pages_locked",
                    "get_user_pages_remote",
                    "follow_page",
                    "fixup_user_fault",
                    "populate_vma_page_range" -> true;
            default -> false;
        };
        final int[] locked = {1};
        if (holdsMmapSem) {
            mm.mmapReadLock(task);
        }
        final Map<Counter, Long> counters = counters();
        task.innerCalls().clear();
        boolean done = false;
        try {
            final long result = kernelCall(locked);
            note(counters);
            done = true;
            noteLock(locked[0]);
            return result;
        } finally {
            if (!done) {
                note(counters);
            }
            if (holdsMmapSem && locked[0] == 1) {
                mm.mmapReadUnlock(task);
            }
        }
    }

    private Map<Counter, Long> counters() {
        final Map<Counter, Long> counters = new HashMap<>();
        for (final Counter counter : Counter.values()) {
            counters.put(counter, task.counters().get(counter));
        }
        return counters;
    }

    private void note(final Map<Counter, Long> earlier) {
        note("faults", Counter.PGFAULT, earlier);
        note("minflt", Counter.GUP_MINFLT, earlier);
        note("majflt", Counter.GUP_MAJFLT, earlier);
        note("mig_ok", Counter.PGMIGRATE_SUCCESS, earlier);
        note("mig_fail", Counter.PGMIGRATE_FAIL, earlier);
        note("migrate_calls", Counter.MIGRATE_CALLS, earlier);
        note("drains", Counter.LRU_ADD_DRAIN_ALL, earlier);
        note("down_read", Counter.MMAP_SEM_DOWN_READ, earlier);
        note("up_read", Counter.MMAP_SEM_UP_READ, earlier);
        notes.put("slow_calls", String.valueOf(task.innerCalls().count()));
        final StringBuilder slow = new StringBuilder();
        for (int i = 0; i < Math.min(SHOWN, task.innerCalls().count()); i++) {
            slow.append(i == 0 ? "" : "/")
                    .append(task.innerCalls().firstPage(i))
                    .append('+')
                    .append(Long.toUnsignedString(task.innerCalls().nrPages(i)))
                    .append(task.innerCalls().mayRetry(i) ? "r" : "");
        }
        notes.put("slow", slow.toString());
        notes.put("warns", String.valueOf(gup.warnings().size()));
        if (!gup.warnings().isEmpty()) {
            notes.put("warn_at", function(gup.warnings().get(0)));
        }
        notes.put(
                "nr_isolated_delta",
                String.valueOf(stage.memory().lruvec().isolatedPages(false)
                        + stage.memory().lruvec().isolatedPages(true)));
        notes.put(
                "pgmap_ref_delta",
                String.valueOf(stage.memory().devices().stream()
                        .mapToLong(device -> device.references())
                        .sum()));
    }

    /** The kernel's function behind a warning's text. */
    private static String function(final String warning) {
        if (warning.startsWith("page without references")) {
            return "follow_page_pte";
        }
        if (warning.startsWith("the count of a page is negative")) {
            return "gup_pgd_range";
        }
        return warning.substring(0, Math.max(0, warning.indexOf("()")));
    }

    private void note(final String name, final Counter counter, final Map<Counter, Long> earlier) {
        notes.put(name, String.valueOf(task.counters().get(counter) - earlier.getOrDefault(counter, 0L)));
    }

    private void noteLock(final int locked) {
        notes.put("locked_after", locked == 1 && lockKept ? "1" : "0");
        final boolean held = switch (recorded.call()) {
            case "get_user_pages_locked", "get_user_pages_remote" -> mm.isMmapLocked();
            default -> false;
        };
        notes.put("sem_held_after", held ? "1" : "0");
    }

    private long kernelCall(final int[] locked) {
        return switch (recorded.call()) {
            case "get_user_pages" -> got(pages -> gup.getUserPages(task, mm, start, nr, flags, pages, vmas()));
            case "get_user_pages_locked" ->
                got(pages -> gup.getUserPagesLocked(task, mm, start, nr, flags, pages, locked));
            case "get_user_pages_unlocked" -> got(pages -> gup.getUserPagesUnlocked(task, mm, start, nr, pages, flags));
            case "get_user_pages_remote" ->
                got(pages -> gup.getUserPagesRemote(
                        task, mm, start, nr, flags, pages, vmas(), isSaid("locked=NULL") ? null : locked));
            case "get_user_pages_fast" ->
                got(pages -> gup.getUserPagesFast(task, mm, start, (int) nr, flags, array(pages)));
            case "__get_user_pages_fast" ->
                got(pages -> gup.getUserPagesFastOnly(
                        task, mm, start, (int) nr, (flags & FollFlags.FOLL_WRITE) != 0, array(pages)));
            case "follow_page" -> followPage();
            case "fixup_user_fault" -> fixup();
            case "get_dump_page" -> one(gup.getDumpPage(task, mm, start));
            case "populate_vma_page_range" -> populate(locked);
            case "__mm_populate" -> new MmPopulate(gup).mmPopulate(task, mm, start, nr * Stage.PAGE, false);
            default -> throw new IllegalArgumentException("no such call: " + recorded.call());
        };
    }

    @FunctionalInterface
    private interface Getting {
        long get(long @Nullable [] pages);
    }

    private final List<@Nullable VmArea[]> askedVmas = new ArrayList<>();

    /** An array for mappings, where the recorded call gave one. */
    private @Nullable VmArea @Nullable [] vmas() {
        if (!isSaid("vmas")) {
            return null;
        }
        final @Nullable VmArea[] vmas = new VmArea[Math.toIntExact(nr)];
        askedVmas.add(vmas);
        return vmas;
    }

    private long got(final Getting getting) {
        final boolean takesInt = recorded.call().endsWith("_fast");
        if (!takesInt && !isSaid("pages=NULL") && Long.compareUnsigned(nr, LONGEST_ARRAY) > 0) {
            throw new IllegalArgumentException("an array cannot have so many pages: nr=" + recorded.nr());
        }
        final long size = takesInt ? Math.max(0, (int) nr) : nr;
        final long[] pages = isSaid("pages=NULL") ? null : new long[(int) size];
        final long result = getting.get(pages);
        for (int i = 0; pages != null && i < result; i++) {
            held.add(pages[i]);
        }
        if (!askedVmas.isEmpty()) {
            final Set<@Nullable VmArea> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
            for (int i = 0; i < result; i++) {
                distinct.add(askedVmas.get(0)[i]);
            }
            notes.put("distinct_vmas", String.valueOf(distinct.size()));
        }
        return result;
    }

    private static long[] array(final long @Nullable [] pages) {
        return pages == null ? new long[0] : pages;
    }

    private boolean isSaid(final String word) {
        return List.of(recorded.flags().split("\\|")).contains(word);
    }

    /** The recording has 1 for a page and 0 for none. */
    private long one(final long pfn) {
        if (pfn >= 0) {
            held.add(pfn);
            return 1;
        }
        return 0;
    }

    private long followPage() {
        if (mmHole()) {
            return -2;
        }
        final long pfn = gup.followPage(task, mm, start, flags);
        if (pfn >= 0) {
            if ((flags & FollFlags.FOLL_GET) != 0) {
                held.add(pfn);
            }
            return 1;
        }
        return pfn == -1 ? 0 : pfn;
    }

    /** The recording's driver looks the mapping up first, and answers -ENOENT without one. */
    private boolean mmHole() {
        final VmArea vma = mm.findVma(start);
        return vma == null || !vma.contains(start);
    }

    private long fixup() {
        final int[] unlocked = new int[1];
        final int faultFlags = (flags & FollFlags.FOLL_WRITE) != 0 ? VmFault.FAULT_FLAG_WRITE : 0;
        final long result = gup.fixupUserFault(task, mm, start, faultFlags, unlocked);
        lockKept = unlocked[0] == 0;
        return result;
    }

    private long populate(final int[] locked) {
        final VmArea vma = mm.findVma(start);
        if (vma == null || !vma.contains(start)) {
            return -2;
        }
        return new MmPopulate(gup).populateVmaPageRange(task, mm, vma, start, start + nr * Stage.PAGE, locked);
    }
}
