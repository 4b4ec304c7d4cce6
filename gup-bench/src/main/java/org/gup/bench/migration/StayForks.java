package org.gup.bench.migration;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.migration.WhyPagesStay.Found;
import org.gup.bench.migration.WhyPagesStay.Situation;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;

/**
 * Why pages stay in contiguous memory, as rows beside those that were timed. A row's score is the pages of its call that stayed.
 * They are counted, in this process, and the same everywhere.
 */
public final class StayForks implements ExtraForks {
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "stay/";

    @Override
    public String name() {
        return "why pages stay";
    }

    @Override
    public boolean isForked() {
        return false;
    }

    /**
     * The id of a case.
     *
     * @param situation what is in the way
     * @return the id
     */
    public static String caseId(final Situation situation) {
        return PREFIX + situation.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return Arrays.stream(Situation.values())
                .map(situation -> new CaseInfo(
                        caseId(situation),
                        situation.label(),
                        WhyPagesStay.class.getName(),
                        new TreeMap<>(Map.of(
                                "situation",
                                situation.name(),
                                "pagesPerCall",
                                Integer.toString(situation.pages()),
                                "unit",
                                "pages that stayed")),
                        0,
                        forks))
                .toList();
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(Arrays.stream(Situation.values())
                .map(situation -> row(situation, order, round))
                .toList());
    }

    private static ForkRow row(final Situation situation, final int order, final int round) {
        final Instant started = Instant.now();
        final long startNanos = System.nanoTime();
        final Found found = WhyPagesStay.in(situation);
        final SortedMap<String, Double> counters = new TreeMap<>();
        counters.put("moved", (double) found.moved());
        counters.put("rounds", (double) found.rounds());
        found.tries().forEach((cause, count) -> counters.put(MigrationForks.TRIES + cause, count));
        found.stayed().forEach((cause, count) -> counters.put(MigrationForks.STAYED + cause, count));
        return new ForkRow(
                caseId(situation),
                order,
                round,
                0,
                started.toString(),
                (System.nanoTime() - startNanos) / 1_000_000,
                List.of((double) found.leftInCma()),
                counters,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                List.of());
    }
}
