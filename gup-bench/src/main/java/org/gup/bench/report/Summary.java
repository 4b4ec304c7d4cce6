package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.gup.bench.compare.AaPair;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.PageSurvey.Way;
import org.gup.bench.layout.SurveyResult;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.Subject;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimate;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** What a run found, for people: as {@code summary.md} and for the terminal. */
public final class Summary {
    private static final int MOST_PLACES = 4;
    static final String SPREAD_NOTE =
            "n: JVMs measured. [ ]: 95 % interval of the mean over JVMs (Student's t). *: fewer than three JVMs, the fastest"
                    + " and slowest iteration instead of an interval.";

    private final Run run;
    private final Answers answers;
    private final List<SurveyResult> layouts;

    /**
     * A summary.
     *
     * @param run what was measured
     */
    public Summary(final Run run) {
        this.run = run;
        this.answers = new Answers(run);
        this.layouts = run.layouts().stream().map(SurveyResult::of).toList();
    }

    /**
     * The answer, in sentences; the first one is the answer itself.
     *
     * @return at least one
     */
    public List<String> sentences() {
        final List<String> sentences = new ArrayList<>();
        final Optional<BenchCase> headline = answers.headlineFast();
        headline.ifPresent(fast -> answers.sibling(fast, Subject.GET_SLOW)
                .ifPresent(slow -> sentences.add(comparison(fast, slow) + "; a real kernel's is "
                        + KernelReference.SLOW_TO_FAST + " on present 4K pages.")));
        incomplete().ifPresent(sentences::add);
        disturbance().ifPresent(sentences::add);
        answers.walkOf512()
                .filter(walk -> answers.has(BenchCase.baseline()))
                .ifPresent(walk -> sentences.add("A walk of 512 populated " + contiguity() + "4K pages costs "
                        + Numbers.withBounds(answers.ratio(walk, BenchCase.baseline()))
                        + " x one atomic add per page."));
        headline.flatMap(fast -> answers.sibling(fast, Subject.PUT))
                .ifPresent(put -> sentences.add("Giving a page back costs " + ns(answers.nanos(put)) + "."));
        answers.comparedFast().stream()
                .filter(dump -> dump.layout().isDump()
                        && dump.pagesPerCall() == Manifest.DUMP_PAGES
                        && !Optional.of(dump).equals(headline))
                .forEach(dump -> sentences.add(
                        comparison(dump, answers.sibling(dump, Subject.GET_SLOW).orElseThrow()) + "."));
        headline.ifPresent(fast -> answers.sibling(fast, Subject.GET_FAST_AGAIN)
                .ifPresent(again -> sentences.add("The same code measured again (A/A) differs by "
                        + difference(answers.ratio(again, fast)) + ": smaller differences mean nothing here.")));
        sameCode().ifPresent(sentences::add);
        if (sentences.isEmpty()) {
            sentences.add(run.cases().size() + " cases were measured, none of them of the first question.");
        }
        return sentences;
    }

    /** What a run of pairs of the same code says. */
    private Optional<String> sameCode() {
        return AaPair.of(run).stream().anyMatch(pair -> pair.name().contains("#"))
                ? new SameCodeSection()
                        .of(run).stream()
                                .map(section -> section.answers().get(0))
                                .findFirst()
                : Optional.empty();
    }

    private Optional<String> incomplete() {
        if (run.status() == Run.Status.COMPLETE) {
            return Optional.empty();
        }
        final int planned = run.planned().stream().mapToInt(CaseInfo::forks).sum();
        return Optional.of("NOT COMPLETE (" + run.status().word() + "): "
                + run.forks().size() + " of " + planned + " forks were measured.");
    }

    private String comparison(final BenchCase fast, final BenchCase slow) {
        return "getUserPagesFast costs " + ns(answers.nanos(fast)) + " per page, getUserPages "
                + ns(answers.nanos(slow)) + " (" + where(fast) + "): slow/fast = "
                + Numbers.withBounds(answers.ratio(slow, fast));
    }

    /** Said right behind the answer, since it puts the answer in doubt. */
    private Optional<String> disturbance() {
        final int disturbed = run.disturbedJvms();
        final int all = run.jvms();
        if (disturbed == 0) {
            return Optional.empty();
        }
        return Optional.of((2 * disturbed > all ? "DO NOT RELY ON THIS RUN, repeat it on a quiet machine: " : "")
                + "disturbed forks: " + disturbed + " of " + all
                + " (others kept more than a quarter of a CPU busy, or more than 2 % of the CPU"
                + " time was stolen). They are marked; none is left out.");
    }

    private static String ns(final Estimate estimate) {
        return Numbers.number(estimate.value()) + " ns";
    }

    private static String where(final BenchCase benchCase) {
        return benchCase.layout().isDump()
                ? benchCase.layout().label() + ", up to " + benchCase.pagesPerCall() + " pages per call"
                : benchCase.layout().label() + " pages, " + benchCase.pagesPerCall() + " per call, mmap_sem held";
    }

    private String contiguity() {
        return layouts.stream()
                .filter(surveyed -> surveyed.label().equals(Layout.BASE_PAGES.name()))
                .map(surveyed ->
                        surveyed.frameRuns() == 1 ? "contiguous " : "(" + surveyed.frameRuns() + " runs of frames) ")
                .findFirst()
                .orElse("");
    }

    private static String difference(final Estimate ratio) {
        final String point = Numbers.percent(ratio.value() - 1);
        return ratio.hasInterval()
                ? point + " [" + Numbers.percent(ratio.low() - 1) + ", " + Numbers.percent(ratio.high() - 1) + "]"
                : point;
    }

    TextTable cases() {
        final TextTable table = new TextTable(
                2,
                "case",
                "layout",
                "pages/call",
                "ns/page",
                "95 % interval",
                "fastest",
                "n",
                "x atomic add",
                "disturbed");
        for (final Answers.Row row : answers.rows()) {
            final BenchCase benchCase = row.benchCase();
            final boolean baseline = benchCase.subject() == Subject.ATOMIC_ADD;
            table.row(
                    benchCase.label(),
                    baseline ? "-" : benchCase.layout().label(),
                    baseline ? "-" : Integer.toString(benchCase.pagesPerCall()),
                    Numbers.number(row.nanos().value()),
                    Numbers.bounds(row.nanos()),
                    Numbers.number(row.fastest()),
                    Integer.toString(row.nanos().forks()),
                    Numbers.number(row.timesBaseline()),
                    row.rows().disturbed() == 0
                            ? ""
                            : row.rows().disturbed() + " of " + row.nanos().forks());
        }
        return table;
    }

    TextTable ratios() {
        final TextTable table =
                new TextTable(1, "layout", "pages/call", "slow/fast", "95 % interval", "pairs", "kernel");
        for (final BenchCase fast : answers.comparedFast()) {
            final BenchCase slow = answers.sibling(fast, Subject.GET_SLOW).orElseThrow();
            final Estimate ratio = answers.ratio(slow, fast);
            table.row(
                    fast.layout().label() + (fast.guard().equals(BenchCase.FUSED) ? "" : ", " + fast.guard()),
                    Integer.toString(fast.pagesPerCall()),
                    Numbers.number(ratio.value()),
                    Numbers.bounds(ratio),
                    Integer.toString(ratio.forks()),
                    fast.layout().equals(Layout.BASE_PAGES) && fast.pagesPerCall() == Manifest.HEADLINE_PAGES
                            ? KernelReference.SLOW_TO_FAST
                            : "");
        }
        return table;
    }

    /** How each page of a layout can be got, asked for by itself. */
    TextTable ways() {
        final TextTable table = new TextTable(4, "layout", "way", "why", "where", "pages");
        for (final SurveyResult surveyed : layouts) {
            for (final SurveyResult.Group group : surveyed.groups()) {
                table.row(
                        surveyed.label(),
                        way(group),
                        group.reason().equals("NONE") ? "the walk took it" : "walk stopped: " + group.reason(),
                        places(group.where()),
                        Numbers.count(group.pages()));
            }
        }
        return table;
    }

    private static String way(final SurveyResult.Group group) {
        final String way = group.way().name().toLowerCase(Locale.ROOT);
        if (group.errno().equals("0")) {
            return way;
        }
        return group.way() == Way.FAST ? "fast alone (slow: " + group.errno() + ")" : way + ", " + group.errno();
    }

    private static String places(final List<String> where) {
        final String first = String.join(", ", where.subList(0, Math.min(MOST_PLACES, where.size())));
        return where.size() > MOST_PLACES ? first + ", +" + (where.size() - MOST_PLACES) : first;
    }

    /** How the pages of the measured calls were got: what the counters of the forks say. */
    TextTable legs() {
        final TextTable table = new TextTable(
                2, "case", "layout", "pages/call", "fast pages", "slow pages", "walks", "walks stopped early");
        for (final Answers.Row row : answers.rows()) {
            final BenchCase benchCase = row.benchCase();
            final long fast = answers.sum(benchCase, "fastPages");
            final long slow = answers.sum(benchCase, "slowPages");
            if (fast + slow > 0) {
                table.row(
                        benchCase.label(),
                        benchCase.layout().label(),
                        Integer.toString(benchCase.pagesPerCall()),
                        share(fast, fast + slow),
                        share(slow, fast + slow),
                        Numbers.count(answers.sum(benchCase, "fastWalks")),
                        share(answers.sum(benchCase, "stoppedWalks"), answers.sum(benchCase, "fastWalks")));
            }
        }
        return table;
    }

    private static String share(final long part, final long whole) {
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
    }

    List<String> waysNotes() {
        final List<String> notes = new ArrayList<>();
        for (final SurveyResult survey : layouts) {
            final long all = survey.groups().stream()
                    .mapToLong(SurveyResult.Group::pages)
                    .sum();
            notes.add(survey.label() + ": " + Numbers.count(all) + " pages, "
                    + Numbers.count(survey.pages(Way.FAST)) + " fast (in " + Numbers.count(survey.frameRuns())
                    + (survey.frameRuns() == 1 ? " run" : " runs") + " of consecutive frames), "
                    + Numbers.count(survey.pages(Way.SLOW)) + " slow, " + Numbers.count(survey.pages(Way.REFUSED))
                    + " refused; " + Numbers.count(survey.faults()) + " faults on the way. Timed: the "
                    + Numbers.count(survey.sweptPages()) + " pages that both calls get.");
        }
        return notes;
    }

    private String environment() {
        return "gup " + run.fact("gupVersion") + ", profile " + run.profile() + ", seed " + run.seed() + "; JDK "
                + run.fact("jdk", "vmVersion") + ", " + run.fact("cpu", "model") + ", " + run.cpus() + " CPUs, THP "
                + run.fact("memory", "thp") + "."
                + (run.environments().size() > 1
                        ? " Measured on " + run.environments().size() + " machines."
                        : "");
    }

    /**
     * The summary as a file.
     *
     * @return Markdown
     */
    public String markdown() {
        final List<String> lines = new ArrayList<>();
        lines.add("# " + run.name());
        sentences().forEach(sentence -> paragraph(lines, lines.size() == 1 ? "**" + sentence + "**" : sentence));
        if (!answers.rows().isEmpty()) {
            fastOrSlow(lines);
        }
        lines.add("");
        lines.add("## How it was measured");
        paragraph(lines, environment());
        paragraph(lines, KernelReference.DISCLAIMER);
        return String.join("\n", lines) + "\n";
    }

    private void fastOrSlow(final List<String> lines) {
        section(lines, "Nanoseconds per page", cases());
        paragraph(lines, SPREAD_NOTE);
        section(lines, "Slow against fast", ratios());
        paragraph(lines, KernelReference.SOURCE);
        section(lines, "Which way the pages go, and why", ways());
        paragraph(lines, "Each page asked for by itself, in the address space as it was found.");
        waysNotes().forEach(note -> paragraph(lines, note));
        section(lines, "Which way they went in the measured calls", legs());
        paragraph(
                lines,
                "From the counters of the measured JVMs. In a call, the first page that the walk cannot take sends the rest"
                        + " the slow way. Every iteration was checked: counters, references and answers had to be exact.");
    }

    private static void section(final List<String> lines, final String title, final TextTable table) {
        if (!table.isEmpty()) {
            lines.add("");
            lines.add("## " + title);
            lines.add("");
            lines.addAll(table.markdown());
        }
    }

    private static void paragraph(final List<String> lines, final String text) {
        lines.add("");
        lines.add(text);
    }

    /**
     * The summary for a terminal: the same without the sections that explain.
     *
     * @param bold how to stress a text
     * @return lines
     */
    public List<String> terminal(final UnaryOperator<String> bold) {
        final List<String> lines = new ArrayList<>();
        final List<String> sentences = sentences();
        lines.add(bold.apply(sentences.get(0)));
        lines.addAll(sentences.subList(1, sentences.size()));
        if (answers.rows().isEmpty()) {
            lines.add(environment());
            lines.add(KernelReference.DISCLAIMER);
            return lines;
        }
        lines.add("");
        lines.addAll(cases().plain());
        lines.add(SPREAD_NOTE);
        lines.add("");
        lines.addAll(ratios().plain());
        lines.add("");
        lines.addAll(ways().plain());
        lines.add("");
        lines.add(KernelReference.SOURCE);
        lines.add(environment());
        lines.add(KernelReference.DISCLAIMER);
        return lines;
    }
}
