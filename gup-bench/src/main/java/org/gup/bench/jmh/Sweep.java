package org.gup.bench.jmh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.gup.GetUserPages;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.ModelledProcess;
import org.gup.bench.layout.PageRange;
import org.gup.bench.layout.PageSurvey;
import org.gup.fast.LeafGuard;
import org.gup.flags.FollFlags;
import org.gup.mm.MmStruct;
import org.gup.page.MemMap;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;

/**
 * An address space, and the calls that ask once for every page that both calls get.
 *
 * <p>Each call has an array of its own, as the kernel's benchmark passes {@code pages + i}: after a sweep all answers are in
 * memory. Whatever the size of a call, a sweep covers the same pages, so that scores per page compare. In a dump no call
 * crosses a mapping or a page that one of them refuses; a page that the lock-free walk cannot take sends the rest of its call the slow
 * way, as it does in the kernel.
 */
final class Sweep implements AutoCloseable {
    /** Most references that a sweep's repetitions may hold on one page at a time: far from the overflow of a count. */
    private static final int MAX_REFERENCES = 1 << 29;

    private static final int MAX_OPEN_SWEEPS = 1 << 20;
    private static final int HUGE_ORDER = 9;

    final ModelledProcess process;
    final Task task;
    final MmStruct mm;
    final GetUserPages gup;
    final int flags;
    /** Where each call starts. */
    final long[] starts;
    /** The array of each call; its length is the number of pages asked for. */
    final long[][] calls;
    /** What the calls must give, one after the other. */
    final long[] pfns;
    /** Pages that the lock-free leg must give when it is asked first. */
    final long fastPages;
    /** Lock-free walks that must reach their end. */
    final long completeWalks;
    /** Most sweeps whose references are open at a time. */
    int maxOpenSweeps;

    Sweep(final Layout layout, final int pagesPerCall, final String guard, final String access) {
        if (pagesPerCall < 1) {
            throw new IllegalArgumentException("pagesPerCall must be positive: pagesPerCall=" + pagesPerCall);
        }
        this.flags = flagsOf(access);
        final LeafGuard leafGuard = guardOf(guard);
        this.process = ModelledProcess.open(layout);
        this.task = process.task();
        this.mm = process.mm();
        this.gup = new GetUserPages(process.memory(), leafGuard);
        final PageSurvey survey = PageSurvey.of(process, gup, flags);
        final List<PageRange> cut = cut(survey.runs(), pagesPerCall);
        this.starts = cut.stream().mapToLong(PageRange::start).toArray();
        this.calls = cut.stream().map(call -> new long[(int) call.pages()]).toArray(long[][]::new);
        this.pfns = new long[Math.toIntExact(survey.comparable())];
        final Ledger ledger = new Ledger(process.memory(), task, new long[0]);
        rehearse();
        this.fastPages = ledger.since(Counter.FAST_PAGES);
        this.completeWalks = ledger.since(StopReason.NONE);
        this.maxOpenSweeps = Math.min(MAX_OPEN_SWEEPS, MAX_REFERENCES / mostReferences());
        if (!layout.isDump()) {
            checkSynthetic(layout.equals(Layout.HUGE_PAGE));
        }
    }

    /** A synthetic layout is what its name says: all there, all for the lock-free walk, in pages of the right size. */
    private void checkSynthetic(final boolean huge) {
        WrongAnswerException.check("pages of the layout", ModelledProcess.SYNTHETIC_PAGES, pages());
        WrongAnswerException.check("pages of the lock-free walk", pages(), fastPages);
        WrongAnswerException.check("walks that reach their end", calls.length, completeWalks);
        final int order = process.memory().memMap().compoundOrder(pfns[0]);
        WrongAnswerException.check("order of the first page", huge ? HUGE_ORDER : 0, order);
    }

    private static LeafGuard guardOf(final String guard) {
        return switch (guard) {
            case "fused" -> LeafGuard.fused();
            case "check-by-check" -> LeafGuard.checkByCheck();
            default -> throw new IllegalArgumentException("guard must be fused or check-by-check: guard=" + guard);
        };
    }

    private static int flagsOf(final String access) {
        return switch (access) {
            case "read" -> 0;
            case "write" -> FollFlags.FOLL_WRITE;
            default -> throw new IllegalArgumentException("access must be read or write: access=" + access);
        };
    }

    private static List<PageRange> cut(final List<PageRange> runs, final int pagesPerCall) {
        final List<PageRange> calls = new ArrayList<>();
        for (final PageRange run : runs) {
            for (long page = 0; page < run.pages(); page += pagesPerCall) {
                calls.add(new PageRange(run.address(page), Math.min(pagesPerCall, run.pages() - page), run.what()));
            }
        }
        return calls;
    }

    /** One sweep outside of any measurement: it shows what the answers are, and gives all references back. */
    private void rehearse() {
        int page = 0;
        for (int call = 0; call < calls.length; call++) {
            final long[] pages = calls[call];
            final int got = gup.getUserPagesFast(task, mm, starts[call], pages.length, flags, pages);
            WrongAnswerException.check("pages got at 0x" + Long.toHexString(starts[call]), pages.length, got);
            System.arraycopy(pages, 0, pfns, page, got);
            page += got;
        }
        gup.putPages(task, pfns, pfns.length);
    }

    /** References that one sweep takes on the page that it asks for most often: a huge page's head, the zero page. */
    private int mostReferences() {
        final MemMap memMap = process.memory().memMap();
        final Map<Long, Integer> references = new HashMap<>();
        for (final long pfn : pfns) {
            references.merge(memMap.head(memMap.page(pfn)), 1, Integer::sum);
        }
        return references.values().stream().mapToInt(Integer::intValue).max().orElse(1);
    }

    /** Pages of a sweep. */
    int pages() {
        return pfns.length;
    }

    /** Calls whose lock-free walk stops, so that the slow path gets the rest. */
    long fallbacks() {
        return calls.length - completeWalks;
    }

    /** Stores what the calls must give where they would store it. */
    void fillAnswers() {
        int page = 0;
        for (final long[] pages : calls) {
            System.arraycopy(pfns, page, pages, 0, pages.length);
            page += pages.length;
        }
    }

    /** Compares the answers of the last sweep with what they must be. */
    void checkAnswers() {
        int page = 0;
        for (final long[] pages : calls) {
            final int wrong = Arrays.mismatch(pages, Arrays.copyOfRange(pfns, page, page + pages.length));
            if (wrong >= 0) {
                throw new WrongAnswerException("pfn of page " + (page + wrong) + ": expected " + pfns[page + wrong]
                        + ", found " + pages[wrong]);
            }
            page += pages.length;
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
