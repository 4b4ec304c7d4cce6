package org.gup.bench.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.gup.bench.error.BadInputException;
import org.gup.bench.layout.PageSurvey.Group;
import org.gup.bench.layout.PageSurvey.Way;
import org.gup.flags.Errno;
import org.gup.stat.StopReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageSurveyTest {
    @ParameterizedTest
    @ValueSource(strings = {"4K", "2M"})
    void shouldFindASyntheticLayoutFastAndContiguous(final String layout) {
        final PageSurvey survey = SurveyedLayout.of(new Layout(layout)).survey();
        assertEquals(512, survey.pages(Way.FAST));
        assertEquals(512, survey.comparable());
        assertEquals(1, survey.groups().size());
        assertEquals(1, survey.frameRuns());
        assertEquals(0, survey.faults());
    }

    @Test
    void shouldSayWhichWayThePagesOfADumpGoAndWhy() {
        final PageSurvey survey = SurveyedLayout.of(Layout.BUNDLED).survey();
        assertEquals("anon_zero_page", where(survey, Way.SLOW, StopReason.SPECIAL, 0));
        assertEquals("anon_prot_none_written", where(survey, Way.REFUSED, StopReason.PROTNONE, Errno.EFAULT));
        assertTrue(where(survey, Way.REFUSED, StopReason.SWAP, Errno.EFAULT).contains("anon_swapped_out"));
        assertTrue(where(survey, Way.REFUSED, StopReason.SPECIAL, Errno.EFAULT).contains("devmem_lowram"));
        assertTrue(where(survey, Way.SLOW, StopReason.PTE_NONE, 0).contains("anon_rw_untouched"));
        // The entry of a mapping for writing alone can be read: the paths disagree, as they do in the kernel.
        assertTrue(where(survey, Way.FAST, StopReason.NONE, Errno.EFAULT).contains("anon_wonly"));
    }

    @Test
    void shouldCountEveryPageOnce() {
        final PageSurvey survey = SurveyedLayout.of(Layout.BUNDLED).survey();
        final long asked;
        try (ModelledProcess process = ModelledProcess.open(Layout.BUNDLED)) {
            asked = process.ranges().stream().mapToLong(PageRange::pages).sum();
        }
        assertEquals(asked, survey.groups().stream().mapToLong(Group::pages).sum());
        final long both = survey.groups().stream()
                .filter(group -> group.errno() == 0)
                .mapToLong(Group::pages)
                .sum();
        assertEquals(both, survey.comparable());
        assertFalse(survey.runs().isEmpty());
    }

    @Test
    void shouldGiveTheSameAnswerTwice() {
        assertEquals(SurveyedLayout.of(Layout.BUNDLED), SurveyedLayout.of(Layout.BUNDLED));
    }

    @Test
    void shouldRefuseADumpThatIsNotThere(@TempDir final Path temp) {
        final BadInputException refused =
                assertThrows(BadInputException.class, () -> SurveyedLayout.of(new Layout("tables:" + temp + "/none")));
        assertTrue(refused.getMessage().contains("none"), refused::getMessage);
    }

    private static String where(final PageSurvey survey, final Way way, final StopReason reason, final int errno) {
        final List<Group> groups = survey.groups().stream()
                .filter(group -> group.way() == way && group.reason() == reason && group.errno() == errno)
                .toList();
        assertEquals(1, groups.size(), () -> survey.groups().toString());
        return String.join(",", groups.get(0).where());
    }
}
