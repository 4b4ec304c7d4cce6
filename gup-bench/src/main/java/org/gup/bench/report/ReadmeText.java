package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.gup.bench.layout.Layout;
import org.gup.bench.paired.June2019;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.Subject;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimate;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/**
 * What the README says about a run: a paragraph for each question, a picture with some of them, and the table of nanoseconds per
 * page. It comes from the run alone, so that a test can make it again and see whether the two have drifted apart.
 */
public final class ReadmeText {
    /** Columns of the text. */
    private static final int WIDTH = 120;

    /** A ratio with its interval, or a change with its interval: what a reader should see first. */
    private static final Pattern RESULT =
            Pattern.compile("[+-][\\d.]+ % \\[[^\\]]+\\]|[\\d.,]+ \\[[^\\]]+\\](?= (?:times|x) )");

    /** A line that begins with one of these would be no paragraph any more. */
    private static final Pattern NOT_AT_START = Pattern.compile("[-+*#>|]|1[.)]");

    private static final Pattern REMARK_IN_TITLE = Pattern.compile(" \\([^)]*\\)");

    private static final String CHECKS = "check-cost-512";
    private static final String FIRST_QUESTION = "fast-or-slow";

    /** What is told of a section: so many answers, from the first on, and the first of these pictures that it has. */
    private record Told(String section, int answers, List<String> pictures) {
        Optional<String> picture(final Section section) {
            return pictures.stream()
                    .filter(file -> ReadmePictures.in(section, file).isPresent())
                    .findFirst();
        }
    }

    private static final List<Told> TOLD = List.of(
            new Told(FIRST_QUESTION, 0, List.of("curve.svg", "cost.svg")),
            new Told("where-fast-stops", 2, List.of()),
            new Told("migration-cost", 2, List.of("migration.svg")),
            new Told("cma-over-time", 1, List.of()),
            new Told(CHECKS, 5, List.of("check.svg")),
            new Told("fs-dax-refusal", 1, List.of()),
            new Told("latency", 2, List.of("latency.svg")));

    private final Run run;
    private final Answers answers;
    private final List<Section> sections;
    private final String folder;

    /**
     * A text.
     *
     * @param run what was measured
     * @param sections of its report
     * @param folder of the run, as a link from the README has it, with slashes
     */
    public ReadmeText(final Run run, final List<Section> sections, final String folder) {
        this.run = run;
        this.answers = new Answers(run);
        this.sections = List.copyOf(sections);
        this.folder = folder;
    }

    /**
     * The text.
     *
     * @return Markdown that ends with a line feed
     */
    public String markdown() {
        final List<String> parts = new ArrayList<>();
        parts.add(wrapped(origin()));
        for (final Told told : TOLD) {
            sections.stream()
                    .filter(section -> section.id().equals(told.section))
                    .forEach(section -> tell(section, told, parts));
        }
        return String.join("\n\n", parts) + "\n";
    }

    private void tell(final Section section, final Told told, final List<String> parts) {
        final List<String> sentences = new ArrayList<>();
        if (told.section.equals(FIRST_QUESTION)) {
            sentences.addAll(fastOrSlow());
        } else {
            sentences.addAll(section.answers()
                    .subList(0, Math.min(told.answers, section.answers().size())));
        }
        if (told.section.equals(CHECKS)) {
            mails().ifPresent(sentences::add);
        }
        if (!sentences.isEmpty()) {
            parts.add(wrapped("**" + REMARK_IN_TITLE.matcher(section.title()).replaceAll("") + "** "
                    + RESULT.matcher(String.join(" ", sentences)).replaceAll("**$0**")));
        }
        if (told.section.equals(FIRST_QUESTION)) {
            final TextTable table = table();
            if (!table.isEmpty()) {
                parts.add(String.join("\n", table.markdown()));
            }
        }
        told.picture(section)
                .ifPresent(file -> parts.add("!["
                        + ReadmePictures.in(section, file).orElseThrow().chart().title() + "](" + folder + "/" + file
                        + ")"));
    }

    private String origin() {
        final String jdk = run.fact("jdk", "vmVersion").split("[+-]", 2)[0];
        final int disturbed = run.disturbedJvms();
        return "From [`" + folder + "`](" + folder + "/summary.md): "
                + (run.status() == Run.Status.COMPLETE
                        ? ""
                        : "**not complete, " + run.status().word() + "**, ")
                + "profile " + run.profile() + ", " + run.jvms() + " JVMs, JDK " + jdk + ", "
                + run.fact("cpu", "model") + ", " + run.cpus() + (run.cpus() == 1 ? " CPU" : " CPUs")
                + (run.environments().size() == 1
                        ? ""
                        : ", the first of " + run.environments().size() + " machines")
                + ", " + run.fact("run", "startedUtc").split("T", 2)[0] + "."
                + (disturbed == 0
                        ? ""
                        : " " + disturbed
                                + " of the JVMs were disturbed by others on the machine; they are marked, none is"
                                + " left out.");
    }

    private List<String> fastOrSlow() {
        final List<String> sentences = new ArrayList<>();
        answers.walkOf512().ifPresent(fast -> {
            answers.sibling(fast, Subject.GET_SLOW)
                    .ifPresent(slow -> sentences.add("The slow path costs " + times(answers.ratio(slow, fast))
                            + " as much as the fast one, for 512 pages of 4K per call with mmap_sem held; in a real kernel,"
                            + " " + KernelReference.SLOW_TO_FAST + " times."));
            if (answers.has(BenchCase.baseline())) {
                sentences.add("A page of such a walk costs " + times(answers.ratio(fast, BenchCase.baseline()))
                        + " one atomic add.");
            }
            answers.sibling(fast, Subject.GET_FAST_AGAIN)
                    .map(again -> answers.ratio(again, fast))
                    .filter(Estimate::hasInterval)
                    .ifPresent(ratio -> sentences.add("The same code measured twice differs by "
                            + Numbers.percent(ratio.value() - 1) + ", interval " + Numbers.percent(ratio.low() - 1)
                            + " to " + Numbers.percent(ratio.high() - 1) + "."));
        });
        return sentences;
    }

    private static String times(final Estimate ratio) {
        return Numbers.withBounds(ratio) + " times";
    }

    /** What the list had of the two alternatives, once they were measured here. */
    private Optional<String> mails() {
        final double inWalk = June2019.ratio("cma-in-walk-lt", "v5.2-lt", June2019.PAGES_PER_CALL);
        final double secondPass = June2019.ratio("cma-second-pass-lt", "v5.2-lt", June2019.PAGES_PER_CALL);
        final boolean measured =
                run.cases().stream().anyMatch(row -> row.info().id().equals("check/cma-second-pass-lt/512"));
        return measured
                ? Optional.of(
                        "In June 2019 the list had " + Numbers.percent(inWalk - 1) + " for a test in the walk and "
                                + Numbers.percent(secondPass - 1) + " for a second pass, without a spread.")
                : Optional.empty();
    }

    /** A column of the table. */
    private record Column(String title, Layout layout, int pagesPerCall) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("4K x 512", Layout.BASE_PAGES, Manifest.HEADLINE_PAGES),
            new Column("4K x 64", Layout.BASE_PAGES, 64),
            new Column("4K x 1", Layout.BASE_PAGES, 1),
            new Column("2M x 512", Layout.HUGE_PAGE, Manifest.HEADLINE_PAGES),
            new Column("dumped process", Layout.BUNDLED, Manifest.DUMP_PAGES));

    /** Nanoseconds per page of the calls that most people make. */
    private TextTable table() {
        final List<Column> columns = COLUMNS.stream()
                .filter(column -> !cell(Subject.GET_FAST, column).isEmpty())
                .toList();
        final List<String> header = new ArrayList<>(List.of("ns per page"));
        columns.forEach(column -> header.add(column.title));
        final TextTable table = new TextTable(1, header.toArray(String[]::new));
        for (final Subject subject : List.of(Subject.GET_FAST, Subject.GET_SLOW, Subject.PUT)) {
            final List<String> cells = new ArrayList<>(List.of(subject.label()));
            columns.forEach(column -> cells.add(cell(subject, column)));
            if (cells.stream().skip(1).anyMatch(cell -> !cell.isEmpty())) {
                table.row(cells.toArray(String[]::new));
            }
        }
        if (answers.has(BenchCase.baseline()) && !columns.isEmpty()) {
            final List<String> cells = new ArrayList<>(List.of("one atomic add"));
            cells.add(Numbers.withBounds(answers.nanos(BenchCase.baseline())));
            columns.stream().skip(1).forEach(column -> cells.add(""));
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private String cell(final Subject subject, final Column column) {
        return answers.rows().stream()
                .filter(row -> row.benchCase().subject() == subject
                        && row.benchCase().layout().equals(column.layout)
                        && row.benchCase().pagesPerCall() == column.pagesPerCall
                        && row.benchCase().guard().equals(BenchCase.FUSED)
                        && row.benchCase().access().equals(column.layout.isDump() ? BenchCase.READ : BenchCase.WRITE)
                        && row.benchCase().twin().isEmpty())
                .findFirst()
                .map(row -> Numbers.withBounds(row.nanos()))
                .orElse("");
    }

    /** Breaks lines as the README has them. */
    static String wrapped(final String text) {
        final StringBuilder wrapped = new StringBuilder();
        int column = 0;
        for (final String word : text.split(" ", -1)) {
            final boolean fits = column + 1 + word.length() <= WIDTH;
            if (column > 0) {
                final boolean glued = fits || NOT_AT_START.matcher(word).matches();
                wrapped.append(glued ? ' ' : '\n');
                column = glued ? column + 1 : 0;
            }
            wrapped.append(word);
            column += word.length();
        }
        return wrapped.toString();
    }
}
