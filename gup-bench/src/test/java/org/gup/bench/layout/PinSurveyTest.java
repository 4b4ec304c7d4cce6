package org.gup.bench.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.gup.GetUserPages;
import org.gup.bench.layout.PinSurvey.Call;
import org.gup.bench.layout.PinSurvey.Row;
import org.gup.bench.layout.PinSurvey.Way;
import org.gup.fast.LeafGuard;
import org.gup.fast.LongtermCheck;
import org.gup.flags.Errno;
import org.gup.flags.FollFlags;
import org.gup.stat.StopReason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PinSurveyTest {
    private static final int LONGTERM_WRITE = FollFlags.FOLL_LONGTERM | FollFlags.FOLL_WRITE;

    @TempDir
    private Path folder;

    private Layout web = Layout.BASE_PAGES;

    @BeforeEach
    void record() {
        web = ProcessLayouts.write(folder);
    }

    private PinSurvey survey(final Call call, final int flags, final int cmaPercent) {
        final SpreadPlacement placement = cmaPercent == 0 ? null : new SpreadPlacement(cmaPercent);
        try (ModelledProcess process = ModelledProcess.ofSnapshot(web.snapshot(), placement)) {
            final GetUserPages gup = call == Call.CHECKED
                    ? new GetUserPages(process.memory(), LeafGuard.fused(LongtermCheck.CMA_IN_WALK))
                    : new GetUserPages(process.memory());
            final PinSurvey survey = PinSurvey.of(process, gup, call, flags);
            assertTrue(
                    process.memory().audit().balanced(),
                    () -> process.memory().audit().toString());
            return survey;
        }
    }

    private static List<Long> ways(final PinSurvey survey) {
        return List.of(Way.values()).stream().map(survey::pages).toList();
    }

    private static long pages(final PinSurvey survey, final Way way, final StopReason reason, final int errno) {
        return survey.rows().stream()
                .filter(row -> row.way() == way && row.reason() == reason && row.errno() == errno)
                .mapToLong(Row::pages)
                .sum();
    }

    @Test
    void shouldCountEveryPageOnce() {
        for (final Call call : Call.values()) {
            for (final int flags : new int[] {0, FollFlags.FOLL_WRITE, FollFlags.FOLL_LONGTERM, LONGTERM_WRITE}) {
                final PinSurvey survey = survey(call, flags, 0);
                assertEquals(ProcessLayouts.PAGES, survey.pages(), call + " " + flags);
                assertEquals(1006, survey.rows().stream().mapToLong(Row::held).sum());
            }
        }
    }

    @Test
    void shouldSayWhichWayThePagesGoForReading() {
        final PinSurvey survey = survey(Call.FAST, 0, 0);
        // Fast: what is in memory. Faults: 3096 + 4 + 4. Refused: the device, and what has no access.
        assertEquals(List.of(1004L, 0L, 3104L, 0L, 66L), ways(survey));
        assertEquals(2, pages(survey, Way.FAULT, StopReason.SWAP, 0));
        assertEquals(
                66,
                pages(survey, Way.REFUSED, StopReason.PMD_NONE, Errno.EFAULT)
                        + pages(survey, Way.REFUSED, StopReason.PUD_NONE, Errno.EFAULT)
                        + pages(survey, Way.REFUSED, StopReason.PTE_NONE, Errno.EFAULT));
        // Of 3094 empty pages of the first mapping two stretches are asked for, 1024 pages altogether, the second by
        // one.
        assertEquals(1000 + 24 + 2 + 1000 + 8 + 4 + 2 + 64, survey.asked());
    }

    @Test
    void shouldSayWhatIsRefusedForWritingForLong() {
        final PinSurvey survey = survey(Call.FAST, LONGTERM_WRITE, 0);
        assertEquals(List.of(1000L, 0L, 3096L, 0L, 78L), ways(survey));
        assertEquals(
                4,
                survey.by(Row::why).get("DAX file system, longterm").stream()
                        .filter(row -> row.errno() == Errno.EOPNOTSUPP)
                        .mapToLong(Row::pages)
                        .sum());
        assertEquals(8, sum(survey, "mapping is not writable"));
        assertEquals(2, sum(survey, "frames that a driver maps (VM_IO, VM_PFNMAP)"));
        assertEquals(64, sum(survey, "mapping without access (PROT_NONE)"));
    }

    private static long sum(final PinSurvey survey, final String why) {
        return survey.by(Row::why).get(why).stream().mapToLong(Row::pages).sum();
    }

    @Test
    void shouldGetNothingFastByTheSlowCall() {
        final PinSurvey survey = survey(Call.SLOW, 0, 0);
        assertEquals(List.of(0L, 1004L, 3104L, 0L, 66L), ways(survey));
    }

    @Test
    void shouldMoveWhatIsInContiguousMemoryIfTheWalkLooks() {
        final PinSurvey checked = survey(Call.CHECKED, LONGTERM_WRITE, 100);
        assertEquals(List.of(0L, 0L, 3096L, 1000L, 78L), ways(checked));
        assertEquals(1000, checked.migrated());
        assertEquals(1000, pages(checked, Way.MIGRATED, StopReason.CMA_LONGTERM, 0));
        assertEquals(0, checked.contiguous());

        final PinSurvey unchecked = survey(Call.FAST, LONGTERM_WRITE, 100);
        assertEquals(List.of(1000L, 0L, 3096L, 0L, 78L), ways(unchecked));
        assertEquals(1000, unchecked.contiguous());
        assertEquals(0, unchecked.migrated());

        assertEquals(1000, survey(Call.SLOW, LONGTERM_WRITE, 100).pages(Way.MIGRATED));
        assertEquals(0, survey(Call.CHECKED, FollFlags.FOLL_WRITE, 100).pages(Way.MIGRATED));
    }

    @Test
    void shouldPlaceTheSameShareEveryTime() {
        for (final int percent : new int[] {0, 1, 25, 100}) {
            int in = 0;
            for (long range = 0; range < 20_000; range++) {
                final long address = range << 21;
                final boolean contiguous = new SpreadPlacement(percent).isContiguous(address);
                in += contiguous ? 1 : 0;
                assertEquals(contiguous, new SpreadPlacement(percent).isContiguous(address + 0x1f_f000));
            }
            assertEquals(percent, in / 200.0, 1.0);
        }
    }

    @Test
    void shouldSurveyOtherLayoutsToo() {
        for (final Layout layout : List.of(Layout.BASE_PAGES, Layout.HUGE_PAGE)) {
            try (ModelledProcess process = ModelledProcess.open(layout)) {
                final PinSurvey survey =
                        PinSurvey.of(process, new GetUserPages(process.memory()), Call.FAST, FollFlags.FOLL_WRITE);
                assertEquals(List.of(512L, 0L, 0L, 0L, 0L), ways(survey));
                assertEquals(512, survey.asked());
            }
        }
    }

    @Test
    void shouldAgreeWithTheSurveyOfTheRun() {
        final PageSurvey pages = SurveyedLayout.of(web).survey();
        assertEquals(1004, pages.pages(PageSurvey.Way.FAST));
        assertEquals(2, pages.pages(PageSurvey.Way.SLOW));
        assertEquals(1006, pages.comparable());
        assertEquals("file:web", web.label());
    }
}
