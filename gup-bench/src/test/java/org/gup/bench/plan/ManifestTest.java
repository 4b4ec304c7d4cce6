package org.gup.bench.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.gup.bench.layout.Layout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
    private static final List<Manifest.Measured> USUAL = List.of(
            new Manifest.Measured(Layout.BASE_PAGES, 512),
            new Manifest.Measured(Layout.HUGE_PAGE, 512),
            new Manifest.Measured(Layout.BUNDLED, 700));

    @Test
    void shouldKeepTheDefaultProfileWithinItsBounds() {
        final RunPlan plan = RunPlan.shuffled(Profile.DEFAULT, 1, Manifest.of(Profile.DEFAULT, USUAL));
        assertTrue(
                plan.forkRuns().size() <= Manifest.MAX_DEFAULT_FORKS,
                () -> "forks=" + plan.forkRuns().size());
        assertTrue(forks(plan) <= 40, () -> "forks=" + forks(plan));
        assertTrue(estimate(plan).compareTo(Duration.ofSeconds(150)) < 0, () -> "estimate=" + estimate(plan));
    }

    @Test
    void shouldKeepTheOtherProfilesWithinTheirTime() {
        assertTrue(estimate(RunPlan.shuffled(Profile.SMOKE, 1, Manifest.of(Profile.SMOKE, USUAL)))
                        .compareTo(Duration.ofMinutes(1))
                < 0);
        assertTrue(estimate(RunPlan.shuffled(Profile.FULL, 1, Manifest.of(Profile.FULL, USUAL)))
                        .compareTo(Duration.ofHours(1))
                < 0);
    }

    private static int forks(final RunPlan plan) {
        return plan.forkRuns().size()
                + Extras.of(plan.profile()).stream()
                        .filter(extra -> extra.forks().isForked())
                        .mapToInt(Extras::count)
                        .sum();
    }

    private static Duration estimate(final RunPlan plan) {
        return plan.estimate()
                .plusSeconds(Extras.of(plan.profile()).stream()
                        .mapToLong(extra -> (long) extra.count() * extra.seconds())
                        .sum());
    }

    @ParameterizedTest
    @ValueSource(strings = {"smoke", "default", "full"})
    void shouldNameEveryCaseOnce(final String profile) {
        final List<PlannedCase> cases = Manifest.of(Profile.named(profile).orElseThrow(), USUAL);
        final Set<String> ids = new HashSet<>();
        cases.forEach(planned -> assertTrue(
                ids.add(planned.benchCase().id()), () -> planned.benchCase().id()));
        assertTrue(ids.contains("atomic-add"));
        assertTrue(ids.contains("get-fast-again/4K/512"));
    }

    @Test
    void shouldAskTheFirstQuestionInFull() {
        final Set<String> ids = new HashSet<>();
        Manifest.of(Profile.DEFAULT, USUAL)
                .forEach(planned -> ids.add(planned.benchCase().id()));
        final Set<String> full = new HashSet<>();
        Manifest.of(Profile.FULL, USUAL)
                .forEach(planned -> full.add(planned.benchCase().id()));
        for (final String subject : List.of("get-fast", "get-slow", "put")) {
            for (final String layout : List.of("4K", "2M")) {
                for (final int pages : List.of(1, 8, 64, 512)) {
                    final String id = subject + "/" + layout + "/" + pages;
                    assertTrue(full.contains(id), id);
                    final boolean quick = pages == 512 || (pages == 1 && layout.equals("4K"));
                    assertEquals(quick, ids.contains(id), id);
                }
            }
            assertTrue(ids.contains(subject + "/tables:bundled/64"));
        }
        assertTrue(ids.contains("get-slow-unlocked/4K/512"));
        assertTrue(full.contains("get-fast/4K/512/check-by-check"));
    }

    @Test
    void shouldGiveTheHeadlineEnoughForksForAnInterval() {
        final List<PlannedCase> cases = Manifest.of(Profile.DEFAULT, USUAL);
        for (final String id : List.of("atomic-add", "get-fast/4K/512", "get-fast-again/4K/512", "get-slow/4K/512")) {
            assertEquals(3, forksOf(cases, id), id);
        }
    }

    @Test
    void shouldMakeADumpTheHeadlineWhenItIsAlone() {
        final Layout layout = new Layout("tables:/some/where/web");
        final List<PlannedCase> cases = Manifest.of(Profile.DEFAULT, List.of(new Manifest.Measured(layout, 700)));
        assertEquals(3, forksOf(cases, "get-fast/tables:web/64"));
        assertEquals(3, forksOf(cases, "get-slow/tables:web/64"));
        cases.stream()
                .map(PlannedCase::benchCase)
                .filter(benchCase -> benchCase.layout().isDump())
                .forEach(benchCase -> assertEquals(700, benchCase.operations()));
    }

    private static int forksOf(final List<PlannedCase> cases, final String id) {
        return cases.stream()
                .filter(planned -> planned.benchCase().id().equals(id))
                .findFirst()
                .orElseThrow()
                .forks();
    }
}
