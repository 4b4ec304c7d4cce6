package org.gup.bench.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.gup.bench.layout.Layout;
import org.junit.jupiter.api.Test;

class RunPlanTest {
    private final List<PlannedCase> cases = Manifest.of(
            Profile.DEFAULT,
            List.of(
                    new Manifest.Measured(Layout.BASE_PAGES, 512),
                    new Manifest.Measured(Layout.HUGE_PAGE, 512),
                    new Manifest.Measured(Layout.BUNDLED, 700)));

    @Test
    void shouldRunEachCaseAsOftenAsPlanned() {
        final Map<BenchCase, Integer> found = new HashMap<>();
        RunPlan.shuffled(Profile.DEFAULT, 7, cases)
                .forkRuns()
                .forEach(forkRun -> found.merge(forkRun.benchCase(), 1, Integer::sum));
        assertEquals(cases.size(), found.size());
        cases.forEach(planned -> assertEquals(planned.forks(), found.get(planned.benchCase())));
    }

    @Test
    void shouldGiveTheSameOrderForTheSameSeedAndAnotherForAnother() {
        final RunPlan plan = RunPlan.shuffled(Profile.DEFAULT, 7, cases);
        assertEquals(plan, RunPlan.shuffled(Profile.DEFAULT, 7, cases));
        assertNotEquals(
                plan.forkRuns(), RunPlan.shuffled(Profile.DEFAULT, 8, cases).forkRuns());
    }

    @Test
    void shouldPutOneForkOfAHeadlineCaseIntoEachRound() {
        final RunPlan plan = RunPlan.shuffled(Profile.DEFAULT, 7, cases);
        for (final PlannedCase planned : cases) {
            if (planned.forks() == Profile.DEFAULT.rounds()) {
                final Set<Integer> rounds = new HashSet<>();
                plan.forkRuns().stream()
                        .filter(forkRun -> forkRun.benchCase().equals(planned.benchCase()))
                        .forEach(forkRun -> rounds.add(forkRun.round()));
                assertEquals(Set.of(0, 1, 2), rounds);
            }
        }
    }

    @Test
    void shouldRunWhatIsComparedInTheSameRound() {
        final RunPlan plan = RunPlan.shuffled(Profile.DEFAULT, 7, cases);
        for (final String cell : List.of("4K/1/write", "2M/512/write")) {
            final Set<Integer> rounds = new HashSet<>();
            plan.forkRuns().stream()
                    .filter(forkRun -> forkRun.benchCase().cell().equals(cell))
                    .forEach(forkRun -> rounds.add(forkRun.round()));
            assertEquals(1, rounds.size());
        }
    }

    @Test
    void shouldNumberTheForksInOrder() {
        final List<ForkRun> forkRuns =
                RunPlan.shuffled(Profile.DEFAULT, 7, cases).forkRuns();
        for (int i = 0; i < forkRuns.size(); i++) {
            assertEquals(i, forkRuns.get(i).order());
        }
    }

    @Test
    void shouldShareTheForksOutAndKeepTogetherWhatIsCompared() {
        final RunPlan whole = RunPlan.shuffled(Profile.DEFAULT, 7, cases);
        final Map<Integer, Integer> partOf = new HashMap<>();
        final Map<String, Integer> partOfCell = new HashMap<>();
        for (int part = 1; part <= 3; part++) {
            final RunPlan mine = whole.shard(part, 3);
            assertEquals(whole.cases(), mine.cases());
            assertTrue(
                    mine.forkRuns().stream().anyMatch(one -> one.benchCase().equals(BenchCase.baseline())),
                    "each machine has a baseline");
            for (final ForkRun forkRun : mine.forkRuns()) {
                assertNull(partOf.put(forkRun.order(), part), "a fork in two parts");
                if (forkRun.order() < whole.forkRuns().size()) {
                    final String unit = forkRun.benchCase().cell() + forkRun.round();
                    assertEquals(part, partOfCell.computeIfAbsent(unit, first -> partOf.get(forkRun.order())));
                }
            }
        }
        whole.forkRuns().forEach(forkRun -> assertTrue(partOf.containsKey(forkRun.order())));
        assertEquals(whole, whole.shard(1, 1));
        assertThrows(IllegalArgumentException.class, () -> whole.shard(4, 3));
    }
}
