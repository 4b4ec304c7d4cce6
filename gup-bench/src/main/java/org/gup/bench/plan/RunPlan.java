package org.gup.bench.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The order of a run: rounds, each shuffled, so that the forks of all cases interleave and a slow minute of the machine
 * falls on all of them. A case with as many forks as there are rounds has one in each; one with fewer takes the rounds that
 * its cell is assigned, so that cases to be compared run close together.
 *
 * @param profile the time given
 * @param seed what the order comes from
 * @param cases what is measured
 * @param forkRuns in order
 */
public record RunPlan(Profile profile, long seed, List<PlannedCase> cases, List<ForkRun> forkRuns) {
    /**
     * Orders the forks of some cases.
     *
     * @param profile the time given
     * @param seed the same seed gives the same order
     * @param cases what is measured
     * @return the plan
     */
    public static RunPlan shuffled(final Profile profile, final long seed, final List<PlannedCase> cases) {
        final int rounds = cases.stream().mapToInt(PlannedCase::forks).max().orElse(0);
        final List<List<BenchCase>> byRound = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            byRound.add(new ArrayList<>());
        }
        final Map<String, Integer> firstRoundOfCell = new LinkedHashMap<>();
        for (final PlannedCase planned : cases) {
            final int firstRound = planned.forks() == rounds
                    ? 0
                    : firstRoundOfCell.computeIfAbsent(planned.benchCase().cell(), cell -> firstRoundOfCell.size());
            for (int fork = 0; fork < planned.forks(); fork++) {
                byRound.get((firstRound + fork) % rounds).add(planned.benchCase());
            }
        }
        final Random random = new Random(seed);
        final List<ForkRun> forkRuns = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Collections.shuffle(byRound.get(round), random);
            for (final BenchCase benchCase : byRound.get(round)) {
                forkRuns.add(new ForkRun(forkRuns.size(), round, benchCase));
            }
        }
        return new RunPlan(profile, seed, List.copyOf(cases), List.copyOf(forkRuns));
    }

    /**
     * How long the run takes, roughly.
     *
     * @return the estimate
     */
    public Duration estimate() {
        return profile.forkTime().multipliedBy(forkRuns.size());
    }
}
