package org.gup.bench.agree;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.gup.bench.agree.call.Observed;
import org.gup.bench.agree.truth.FrameState;
import org.gup.bench.agree.truth.FrameState.Place;
import org.gup.bench.agree.truth.PageRun;
import org.gup.bench.agree.truth.PageState;
import org.gup.bench.agree.truth.RecordedCall;
import org.gup.flags.VmFlags;
import org.gup.pgtable.Pte;
import org.jspecify.annotations.Nullable;

/**
 * Compares what was recorded of a call with what the model did.
 *
 * <p>Left out is what no two machines, or no two moments of one machine, have in common: frame numbers and swap offsets
 * (whether a page kept its frame is compared); the referenced bit of pages that outlive every row (zero pages, devices',
 * hugetlb's and the kernel's own), and the dirty bit of pool pages; how many page tables a range above its PMD lacks; counts
 * of pages that are mapped by their frame number alone.
 */
final class Comparison {
    /** Notes that are compared when they were recorded. */
    private static final List<String> NOTES = List.of(
            "slow_calls",
            "faults",
            "minflt",
            "majflt",
            "drains",
            "migrate_calls",
            "mig_ok",
            "mig_fail",
            "locked_after",
            "sem_held_after",
            "down_read",
            "up_read",
            "distinct_vmas",
            "pgmap_ref_delta",
            "size_out");

    /** Scenes of pages that belong to the kernel: their referenced bit is older than the scene. */
    private static final Set<String> KERNEL_PAGES = Set.of("vdso", "private_nomaywrite");

    private static final long VM_FLAGS = VmFlags.VM_READ
            | VmFlags.VM_WRITE
            | VmFlags.VM_EXEC
            | VmFlags.VM_SHARED
            | VmFlags.VM_MAYREAD
            | VmFlags.VM_MAYWRITE
            | VmFlags.VM_MAYEXEC
            | VmFlags.VM_MAYSHARE
            | VmFlags.VM_GROWSDOWN
            | VmFlags.VM_UFFD_MISSING
            | VmFlags.VM_PFNMAP
            | VmFlags.VM_LOCKED
            | VmFlags.VM_IO
            | VmFlags.VM_LOCKONFAULT
            | VmFlags.VM_HUGETLB
            | VmFlags.VM_MIXEDMAP
            | VmFlags.VM_HUGEPAGE
            | VmFlags.VM_NOHUGEPAGE
            | VmFlags.VM_PKEY_MASK;

    private static final long DEVMAP = 1L << 58;

    private final RecordedCall recorded;
    private final Observed observed;
    /** By field, so that of many pages the first one speaks. */
    private final Map<String, Difference> differences = new LinkedHashMap<>();

    private Comparison(final RecordedCall recorded, final Observed observed) {
        this.recorded = recorded;
        this.observed = observed;
    }

    /** Everything in which the two differ; empty if they agree. */
    static List<Difference> of(final RecordedCall recorded, final Observed observed) {
        final Comparison comparison = new Comparison(recorded, observed);
        comparison.pages("before", recorded.before(), observed.before());
        comparison.outcome();
        comparison.pages("after", recorded.after(), observed.after());
        return new ArrayList<>(comparison.differences.values());
    }

    private void differ(final String field, final String kernel, final String model) {
        differences.putIfAbsent(field, new Difference(field, kernel, model));
    }

    private void same(final String field, final String kernel, final String model) {
        if (!kernel.equals(model)) {
            differ(field, kernel, model);
        }
    }

    private void outcome() {
        same("result", recorded.result(), observed.result());
        if (!recorded.pinned().isEmpty()) {
            same("pinned", recorded.pinned(), String.valueOf(observed.pinned()));
        }
        if (!recorded.before().isEmpty()) {
            same("pages in CMA before", recorded.cmaBefore(), String.valueOf(observed.cmaBefore()));
            same("pages in CMA after", recorded.cmaAfter(), String.valueOf(observed.cmaAfter()));
        }
        for (final String name : NOTES) {
            final String kernel = recorded.note(name);
            if (kernel != null) {
                same(name, kernel, observed.notes().getOrDefault(name, "nothing"));
            }
        }
        if (recorded.note("slow_calls") != null) {
            for (final String name : List.of("slow", "warn_at")) {
                same(
                        name,
                        recorded.notes().getOrDefault(name, ""),
                        observed.notes().getOrDefault(name, ""));
            }
            for (final String name : List.of("warns", "nr_isolated_delta")) {
                same(
                        name,
                        recorded.notes().getOrDefault(name, "0"),
                        observed.notes().getOrDefault(name, "0"));
            }
        }
    }

    private void pages(final String phase, final List<PageRun> runs, final List<PageState> states) {
        int page = 0;
        for (final PageRun run : runs) {
            for (int i = 0; i < run.pages(); i++) {
                page(phase, run.state(), states.get(page), i == 0 || !isOneForMany(run.state()), page);
                page++;
            }
        }
    }

    /** A device's pages below one PMD have counts of their own, of which the recording has the first one's. */
    private static boolean isOneForMany(final PageState state) {
        final FrameState frame = state.frame();
        return state.level() > 1 && frame != null && frame.order() == 0;
    }

    private void page(
            final String phase,
            final PageState kernel,
            final PageState model,
            final boolean comparesFrames,
            final int page) {
        if (kernel.vmFlags() != 0 || model.vmFlags() != 0) {
            same(
                    phase + " vm_flags",
                    Long.toHexString(kernel.vmFlags() & VM_FLAGS),
                    Long.toHexString(model.vmFlags() & VM_FLAGS));
        }
        if (!(kernel.endsAbovePmd() && model.endsAbovePmd())) {
            same(phase + " entry", kernel.entryText(), model.entryText());
        }
        if (comparesFrames && !isFrameOnly(kernel)) {
            frame(
                    phase,
                    kernel.frame(),
                    model.frame(),
                    observed.before().get(page).frame() != null);
        }
    }

    /** Mapped by a frame number: whose page that is, and whether it is one, is chance. */
    private static boolean isFrameOnly(final PageState state) {
        final FrameState frame = state.frame();
        return (state.entry() & Pte.SPECIAL) != 0
                && (state.entry() & DEVMAP) == 0
                && (frame == null || (frame.flags() & FrameState.ZERO) == 0);
    }

    private void frame(
            final String phase,
            final @Nullable FrameState kernel,
            final @Nullable FrameState model,
            final boolean hadFrame) {
        if (kernel == null || model == null) {
            same(phase + " page", kernel == null ? "none" : "one", model == null ? "none" : "one");
            return;
        }
        same(phase + " place", kernel.place().name(), model.place().name());
        same(phase + " references", String.valueOf(kernel.references()), String.valueOf(model.references()));
        same(phase + " mapcount", String.valueOf(kernel.mapcount()), String.valueOf(model.mapcount()));
        same(phase + " order", String.valueOf(kernel.order()), String.valueOf(model.order()));
        if (hadFrame) {
            same(phase + " frame", kernel.moved() ? "another" : "the same", model.moved() ? "another" : "the same");
        }
        final int unlike = (kernel.flags() ^ model.flags()) & ~ignored(kernel, model);
        if (unlike != 0) {
            differ(phase + " flags", FrameState.text(kernel.flags() & unlike), FrameState.text(model.flags() & unlike));
        }
    }

    private int ignored(final FrameState kernel, final FrameState model) {
        int ignored = kernel.ownFlags() && model.ownFlags() ? 0 : ~FrameState.HEAD_FLAGS;
        final boolean pool = (kernel.flags() & FrameState.HUGETLB) != 0;
        if (pool) {
            ignored |= FrameState.DIRTY | FrameState.PRIVATE | FrameState.ACTIVE;
        }
        if (pool
                || (kernel.flags() & FrameState.ZERO) != 0
                || kernel.place() == Place.DEVICE
                || KERNEL_PAGES.contains(recorded.setup())) {
            ignored |= FrameState.REFERENCED;
        }
        return ignored;
    }
}
