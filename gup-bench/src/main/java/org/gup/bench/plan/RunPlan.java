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
     * A part of the run, for one of several machines. The forks of one cell and round stay together, since they are compared
     * with each other; each part measures the baseline at least once, so that rows compare by their ratio to it.
     *
     * @param part which one, from 1
     * @param parts how many
     * @return the same plan with the forks of that part
     */
    public RunPlan shard(final int part, final int parts) {
        if (part < 1 || part > parts) {
            throw new IllegalArgumentException("part=" + part + ", parts=" + parts);
        }
        final Map<String, Integer> partOfUnit = new LinkedHashMap<>();
        final List<ForkRun> mine = new ArrayList<>();
        for (final ForkRun forkRun : forkRuns) {
            final String unit = forkRun.benchCase().cell() + " " + forkRun.round();
            final int owner = partOfUnit.computeIfAbsent(unit, first -> partOfUnit.size() % parts + 1);
            if (owner == part) {
                mine.add(forkRun);
            }
        }
        final boolean planned = cases.stream().anyMatch(one -> one.benchCase().equals(BenchCase.baseline()));
        final boolean measured = mine.stream().anyMatch(one -> one.benchCase().equals(BenchCase.baseline()));
        if (planned && !measured && !mine.isEmpty()) {
            mine.add(new ForkRun(forkRuns.size() + part - 1, mine.get(0).round(), BenchCase.baseline()));
        }
        return new RunPlan(profile, seed, cases, List.copyOf(mine));
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
