package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.plan.Extras;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.UnfinishedRun;
import org.gup.bench.results.UnfinishedRun.FinishedExtra;
import org.junit.jupiter.api.Test;

class ExtraQuestionsTest {
    private static final int FORKS = 5;
    private static final int FIRST_ORDER = 7;

    /** Two cases; remembers which forks ran, and with which seed. */
    private static final class Counted implements ExtraForks {
        private final Map<Integer, Long> seeds = new TreeMap<>();
        private final String name;

        Counted(final String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public List<CaseInfo> cases(final int forks) {
            return List.of(info("one", forks), info("two", forks));
        }

        private CaseInfo info(final String id, final int forks) {
            return new CaseInfo(name + "/" + id, id, Counted.class.getName(), new TreeMap<>(), 0, forks);
        }

        @Override
        public Outcome run(
                final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
            seeds.put(order, seed);
            final List<ForkRow> rows = cases(1).stream()
                    .map(info -> new ForkRow(
                            info.id(),
                            order,
                            round,
                            0,
                            "2026-01-01T00:00:00Z",
                            1,
                            List.of((double) order),
                            new TreeMap<>(),
                            0,
                            0,
                            0,
                            0,
                            List.of()))
                    .toList();
            return new Outcome(rows, Map.of("hlog/" + name + "-" + round + ".hlog", "of fork " + order));
        }
    }

    private static ExtraQuestions questions(
            final Counted first, final Counted second, final int part, final int parts) {
        return new ExtraQuestions(
                List.of(new Extras(first, FORKS, 1), new Extras(second, FORKS, 1)), List.of(), part, parts);
    }

    private static Console quiet() {
        final PrintWriter nowhere = new PrintWriter(Writer.nullWriter(), true);
        return new Console(nowhere, nowhere, true, false);
    }

    @Test
    void shouldGiveEachForkOnePlaceInTheRunWhicheverPartRunsIt() {
        final Counted wholeFirst = new Counted("first");
        final Counted wholeSecond = new Counted("second");
        final ExtraForks.Outcome whole = questions(wholeFirst, wholeSecond, 1, 1)
                .run(FIRST_ORDER, 3, Map.of(), (order, finished) -> {}, quiet());
        assertEquals(2 * FORKS * 2, whole.rows().size());
        assertEquals(2 * FORKS, whole.files().size());

        final Map<Integer, Long> seeds = new TreeMap<>();
        final Set<String> files = new HashSet<>();
        final int parts = 3;
        for (int part = 1; part <= parts; part++) {
            final Counted first = new Counted("first");
            final Counted second = new Counted("second");
            final ExtraQuestions questions = questions(first, second, part, parts);
            final ExtraForks.Outcome outcome =
                    questions.run(FIRST_ORDER, 3, Map.of(), (order, finished) -> {}, quiet());
            assertEquals(questions.forks(), first.seeds.size() + second.seeds.size());
            first.seeds.forEach(
                    (order, seed) -> assertTrue(seeds.put(order, seed) == null, "fork " + order + " twice"));
            second.seeds.forEach(
                    (order, seed) -> assertTrue(seeds.put(order, seed) == null, "fork " + order + " twice"));
            outcome.files().keySet().forEach(file -> assertTrue(files.add(file), file));
        }
        final Map<Integer, Long> ofWhole = new TreeMap<>(wholeFirst.seeds);
        ofWhole.putAll(wholeSecond.seeds);
        assertEquals(ofWhole, seeds, "same places, same seeds");
        assertEquals(whole.files().keySet(), files);
    }

    @Test
    void shouldNotMeasureAgainWhatWasFinished() {
        final Map<Integer, FinishedExtra> kept = new TreeMap<>();
        final ExtraForks.Outcome whole = questions(new Counted("first"), new Counted("second"), 1, 1)
                .run(FIRST_ORDER, 3, Map.of(), kept::put, quiet());
        assertEquals(2 * FORKS, kept.size());
        final List<Integer> lost = List.of(FIRST_ORDER + 1, FIRST_ORDER + FORKS + 2);
        lost.forEach(kept::remove);

        final Counted first = new Counted("first");
        final Counted second = new Counted("second");
        final List<Integer> now = new ArrayList<>();
        final ExtraForks.Outcome again =
                questions(first, second, 1, 1).run(FIRST_ORDER, 3, kept, (order, finished) -> now.add(order), quiet());
        assertEquals(lost, now);
        assertEquals(Set.of(lost.get(0)), first.seeds.keySet());
        assertEquals(Set.of(lost.get(1)), second.seeds.keySet());
        assertEquals(whole.rows(), again.rows());
        assertEquals(whole.files(), again.files());
    }

    @Test
    void shouldKnowTheFilesOfItsForksAmongThoseThatGo() {
        assertTrue(UnfinishedRun.isScaffold(UnfinishedRun.fileOfExtra(12)));
    }
}
