package org.gup.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.gup.bench.env.Environment;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.plan.Extras;
import org.gup.bench.plan.Profile;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.UnfinishedRun.FinishedExtra;
import org.gup.bench.run.ForkArguments;
import org.gup.bench.text.Glob;

/**
 * The questions that programs of their own measure, many cases in one fork; they run after the forks of JMH.
 */
final class ExtraQuestions {
    private final List<Extras> extras;
    private final List<Glob> only;
    private final int part;
    private final int parts;

    ExtraQuestions(final List<Extras> extras, final List<Glob> only, final int part, final int parts) {
        this.extras = extras;
        this.only = only;
        this.part = part;
        this.parts = parts;
    }

    /** What a profile asks besides JMH's cases, of which a scope may take a part. */
    static ExtraQuestions of(final Profile profile, final MainJob.Scope scope) {
        final List<Glob> only = scope.only().stream().map(Glob::new).toList();
        final List<Extras> chosen = scope.extras(profile).stream()
                .filter(extra -> extra.forks().cases(extra.count()).stream().anyMatch(info -> matches(only, info.id())))
                .toList();
        return new ExtraQuestions(
                chosen,
                only,
                scope.shard().map(MainJob.Shard::part).orElse(1),
                scope.shard().map(MainJob.Shard::parts).orElse(1));
    }

    private static boolean matches(final List<Glob> only, final String id) {
        return only.isEmpty() || only.stream().anyMatch(glob -> glob.matches(id));
    }

    boolean isEmpty() {
        return extras.stream().allMatch(extra -> count(extra) == 0);
    }

    /** JVMs of this part of the run. */
    int forks() {
        int forks = 0;
        for (final Extras extra : extras) {
            forks += extra.forks().isForked() ? count(extra) : 0;
        }
        return forks;
    }

    /** Forks of an extra that fall to this part: every parts-th of them. */
    private int count(final Extras extra) {
        return (extra.count() - part + parts) / parts;
    }

    Duration estimate() {
        long seconds = 0;
        for (final Extras extra : extras) {
            seconds += (long) count(extra) * extra.seconds();
        }
        return Duration.ofSeconds(seconds);
    }

    /** What they measure. */
    List<CaseInfo> cases() {
        return extras.stream()
                .flatMap(extra -> extra.forks().cases(extra.count()).stream())
                .filter(info -> matches(only, info.id()))
                .toList();
    }

    /** A line for each of them. */
    List<String> lines() {
        return extras.stream()
                .map(extra -> count(extra) + " x " + extra.forks().name())
                .toList();
    }

    /** Hears of each fork when it is finished. */
    interface Keeper {
        void keep(int order, FinishedExtra finished);
    }

    /**
     * Runs them. The position of a fork in the run does not depend on which part of it runs here.
     *
     * @param firstOrder position of the first fork in the run
     * @param seed of their order
     * @param before what was finished before, by position
     * @param keeper keeps what is finished now
     * @param console hears of each fork
     * @return a row for each case and fork, and the files that the forks left
     */
    ExtraForks.Outcome run(
            final int firstOrder,
            final long seed,
            final Map<Integer, FinishedExtra> before,
            final Keeper keeper,
            final Console console) {
        final Random random = new Random(seed);
        final List<ForkRow> rows = new ArrayList<>();
        final Map<String, String> files = new TreeMap<>();
        int order = firstOrder - 1;
        for (final Extras extra : extras) {
            for (int round = 0; round < extra.count(); round++) {
                final long forkSeed = random.nextLong();
                order++;
                if (round % parts != part - 1) {
                    continue;
                }
                FinishedExtra finished = before.get(order);
                if (finished == null) {
                    finished = measure(extra, order, round, forkSeed, console);
                    keeper.keep(order, finished);
                }
                rows.addAll(finished.rows());
                files.putAll(finished.files());
            }
        }
        return new ExtraForks.Outcome(rows, files);
    }

    private FinishedExtra measure(
            final Extras extra, final int order, final int round, final long seed, final Console console) {
        if (!console.quiet()) {
            console.err()
                    .println("gup-bench: " + extra.forks().name() + ", fork " + (round + 1) + " of " + extra.count());
            console.err().flush();
        }
        final ExtraForks.Outcome outcome =
                extra.forks().run(ForkArguments.forThisJdk(), order, round, seed, Environment.cpus());
        return new FinishedExtra(
                outcome.rows().stream()
                        .filter(row -> matches(only, row.caseId()))
                        .toList(),
                outcome.files());
    }
}
