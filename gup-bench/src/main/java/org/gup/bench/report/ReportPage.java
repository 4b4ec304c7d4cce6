package org.gup.bench.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.gup.bench.chart.ChartStyle;
import org.gup.bench.chart.ChartWriter;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.JmhJson;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Numbers;

/**
 * {@code report.html}: one file that needs nothing else. Answers first, then charts, each point of which leads to its raw rows
 * and to a command that repeats it, then the environment and the method.
 */
public final class ReportPage {
    private static final String TEMPLATE = "report.mustache";
    private static final String JMH_PACKAGE = "org.gup.bench.jmh.";
    private static final String STYLE = "report.css";

    /** The questions, in the order of the page. */
    private static final List<Section.Source> SOURCES = List.of(
            new FastSlowSection(), new MigrationSection(), new CmaSection(), new CheckSection(), new SameCodeSection());

    private final Run run;

    /**
     * A page.
     *
     * @param run what to show
     */
    public ReportPage(final Run run) {
        this.run = run;
    }

    /**
     * The sections of the run.
     *
     * @return in the order of the page
     */
    public List<Section> sections() {
        return SOURCES.stream().flatMap(source -> source.of(run).stream()).toList();
    }

    /**
     * Draws it.
     *
     * @return the text of an HTML file
     */
    public String html() {
        final Map<String, Object> page = new LinkedHashMap<>();
        final List<Section> sections = sections();
        page.put("title", "gup-bench: " + run.name());
        page.put("name", run.name());
        page.put("profile", run.profile());
        page.put("style", style());
        page.put("warnings", warnings());
        page.put(
                "answers",
                sections.stream()
                        .filter(section -> !section.answers().isEmpty())
                        .map(section -> Map.of(
                                "id",
                                section.id(),
                                "title",
                                section.title(),
                                "answer",
                                section.answers().get(0)))
                        .toList());
        page.put("sections", sections.stream().map(ReportPage::section).toList());
        page.put("cases", run.cases().stream().map(this::rawRows).toList());
        page.put("facts", facts());
        page.put("environment", JmhJson.pretty(environment()));
        page.put("method", method());
        try (Reader template = new InputStreamReader(resource(TEMPLATE), StandardCharsets.UTF_8)) {
            return Mustache.compiler().escapeHTML(true).compile(template).execute(page);
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private JsonElement environment() {
        if (run.environments().size() == 1) {
            return run.environment();
        }
        final JsonArray all = new JsonArray();
        run.environments().forEach(all::add);
        return all;
    }

    private List<String> warnings() {
        final List<String> warnings = new ArrayList<>();
        if (run.status() != Run.Status.COMPLETE) {
            warnings.add("Not complete: " + run.status().word() + ".");
        }
        final long disturbed = run.forks().stream().filter(ForkRow::disturbed).count();
        if (disturbed > 0) {
            warnings.add(disturbed + " of " + run.forks().size()
                    + " JVMs were disturbed by others on the machine. They are marked; none is left out."
                    + (2 * disturbed > run.forks().size() ? " Do not rely on this run." : ""));
        }
        if (run.environments().size() > 1) {
            warnings.add("Measured on " + run.environments().size()
                    + " machines: compare rows by their ratio to their own machine's baseline.");
        }
        return warnings;
    }

    private static Map<String, Object> section(final Section section) {
        return Map.of(
                "id",
                section.id(),
                "title",
                section.title(),
                "answers",
                section.answers(),
                "figures",
                section.figures().stream()
                        .map(figure -> Map.of(
                                "id", figure.id(),
                                "caption", figure.caption(),
                                "wide", ChartWriter.inline(figure.chart(), ChartWriter.Format.WIDE),
                                "narrow", ChartWriter.inline(figure.chart(), ChartWriter.Format.NARROW)))
                        .toList(),
                "tables",
                section.tables(),
                "notes",
                section.notes());
    }

    /** Everything that was measured of one case. */
    private Map<String, Object> rawRows(final CaseRows rows) {
        final CaseInfo info = rows.info();
        final Map<String, Object> raw = new LinkedHashMap<>();
        raw.put("anchor", ChartWriter.anchor(info.id()));
        raw.put("id", info.id());
        raw.put("label", info.label());
        raw.put("estimate", Numbers.withBounds(Estimates.mean(rows.scores())));
        raw.put("unit", info.params().getOrDefault("unit", "ns/page"));
        raw.put("benchmark", info.benchmark());
        raw.put("command", repeat(info));
        if (info.benchmark().startsWith(JMH_PACKAGE)) {
            raw.put("jmh", jmh(info));
        }
        raw.put("forks", rows.forks().stream().map(this::fork).toList());
        return raw;
    }

    private Map<String, Object> fork(final ForkRow fork) {
        final Map<String, Object> raw = new LinkedHashMap<>();
        raw.put("order", fork.order() + 1);
        raw.put("round", fork.round() + 1);
        raw.put("machine", run.environments().size() > 1 ? " (machine " + (fork.machine() + 1) + ")" : "");
        raw.put("mean", Numbers.number(fork.mean()));
        raw.put(
                "iterations",
                String.join(" ", fork.iterations().stream().map(Numbers::number).toList()));
        raw.put("load", load(fork.load1Before()) + " / " + load(fork.load1After()));
        raw.put("steal", Numbers.share(fork.stealShare()));
        raw.put("disturbances", String.join("; ", fork.disturbances()));
        return raw;
    }

    private static String load(final double load) {
        return Double.isNaN(load) ? "-" : String.format(Locale.ROOT, "%.1f", load);
    }

    /** A command that measures the case again. */
    private String repeat(final CaseInfo info) {
        final String layout = info.params().getOrDefault("layout", "");
        final boolean dump = layout.startsWith("tables:");
        return "java -jar gup-bench/target/gup-bench.jar run --profile " + run.profile() + " --seed " + run.seed()
                + (dump ? " --layout '" + layout + "'" : "") + " --only '=" + info.id() + "'";
    }

    private static String jmh(final CaseInfo info) {
        final StringBuilder command = new StringBuilder("java -jar gup-bench/target/gup-bench.jar jmh '^")
                .append(info.benchmark().replace(".", "\\."))
                .append("$'");
        info.params()
                .forEach((name, value) -> command.append(" -p ")
                        .append(name)
                        .append("='")
                        .append(value)
                        .append("'"));
        if (info.operations() > 0) {
            command.append(" -opi ").append(info.operations());
        }
        return command.toString();
    }

    private List<Map<String, String>> facts() {
        final List<Map<String, String>> facts = new ArrayList<>();
        fact(
                facts,
                "gup",
                run.fact("gupVersion") + ", commit " + run.fact("gitCommit")
                        + (run.fact("gitDirty").equals("yes") ? " with changes" : ""));
        fact(facts, "CPU", run.fact("cpu", "model") + ", " + run.cpus() + " logical");
        fact(facts, "JDK", run.fact("jdk", "vmVersion"));
        fact(
                facts,
                "System",
                run.fact("os", "name") + " " + run.fact("os", "version") + ", THP " + run.fact("memory", "thp"));
        fact(
                facts,
                "Run",
                "profile " + run.profile() + ", seed " + run.seed() + ", "
                        + run.forks().size() + " JVMs, " + run.fact("run", "startedUtc"));
        return facts;
    }

    private static void fact(final List<Map<String, String>> facts, final String name, final String value) {
        facts.add(Map.of("name", name, "value", value));
    }

    private static List<String> method() {
        return List.of(
                "Each case runs in JVMs of its own, in rounds whose order is shuffled: a slow minute of the machine falls on all"
                        + " cases. An interval is made from the JVMs' means, never from iterations, which agree too well.",
                "Every iteration is checked: counters, references and answers must be exact, or the run fails.",
                "Load and stolen time are recorded around each JVM. Disturbed JVMs are marked; none is left out.",
                KernelReference.DISCLAIMER);
    }

    private static String style() {
        try (InputStream in = resource(STYLE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .replace("/*LIGHT*/", ChartStyle.light())
                            .replace("/*DARK*/", ChartStyle.dark())
                    + ChartStyle.rules();
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static InputStream resource(final String name) {
        final InputStream in = ReportPage.class.getResourceAsStream(name);
        if (in == null) {
            throw new IllegalStateException("missing from the jar: " + name);
        }
        return in;
    }
}
